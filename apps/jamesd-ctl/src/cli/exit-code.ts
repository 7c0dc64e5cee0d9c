import { flag } from "@jamesd/config";

/** The exit code of a command with `--exit-code` that found a difference. */
const DIFFERS = 2;
/** What errors end with then that would end with the same. */
const FAILED = 1;

/** The flag of commands that tell scripts whether something differs. */
export const EXIT_CODE_FLAG = {
  exitCode: flag({ help: "end with 2 when something differs; errors that end with 2 end with 1 then" }),
};

/** The exit code that says whether something differs, where that is asked for. */
export function differenceCode(isAsked: boolean, differs: boolean): number | undefined {
  return isAsked && differs ? DIFFERS : undefined;
}

/** The exit code of an error, which scripts that asked for `--exit-code` can tell from a difference. */
export function failureCode(code: number, argv: readonly string[]): number {
  return code === DIFFERS && argv.includes("--exit-code") ? FAILED : code;
}
