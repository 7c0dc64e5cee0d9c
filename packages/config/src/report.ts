import { clipError, type ErrorClass, JamesError } from "@jamesd/model";
import { printable } from "./printable.ts";

/** What a program writes to; handed in so that a test can read it. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Exit codes by class of error; documented in docs/errors.md. */
export const EXIT_CODES: Readonly<Record<ErrorClass, number>> = {
  input: 2,
  identity: 3,
  forbidden: 3,
  missing: 1,
  conflict: 1,
  device: 4,
  unavailable: 5,
  internal: 1,
};

/** Prints an error for a person: what, the code to look up, and the way out. Gives the exit code. */
export function reportError(program: string, thrown: unknown, output: Pick<Output, "err">): number {
  const error = isWithoutFolder(thrown) ? withoutFolder(thrown) : JamesError.from(thrown);
  // What somebody wrote is in it, which may be as long as a file.
  const { code, message, hint } = clipError(error.toBody());
  output.err(`${program}: ${printable(message)} [${code}]\n`);
  if (hint !== undefined) output.err(`  hint: ${printable(hint)}\n`);
  return EXIT_CODES[error.class];
}

/** Relative paths begin in the current folder, which may have been removed since somebody went there. */
function isWithoutFolder(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | undefined)?.syscall === "uv_cwd";
}

function withoutFolder(cause: unknown): JamesError {
  return new JamesError("FILE_UNREADABLE", "the current folder is gone", {
    hint: "Go to one that is there: cd /",
    cause,
  });
}
