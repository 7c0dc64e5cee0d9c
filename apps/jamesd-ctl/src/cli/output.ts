import { FORMATS, type Format } from "@jamesd/config/print";
import { JamesError } from "@jamesd/model";
import type { Answer, Command } from "./command.ts";

function parseFormat(given: string): Format {
  const format = FORMATS.find((word) => word === given);
  if (format !== undefined) return format;
  throw new JamesError("USAGE", `${JSON.stringify(given)} is not a way to print`, {
    hint: `Say --output ${FORMATS.join(", --output ")}; only get-packet and export write to a file.`,
  });
}

/** How and where to print. */
interface Output {
  /** Undefined: nobody says. */
  readonly format: Format | undefined;
  readonly file: string | undefined;
}

/**
 * What `--output` asks for. `value` may come from any source; only the flag itself, `flag`, can name a file, and only for
 * a command that writes one. @throws JamesError USAGE
 */
export function chooseOutput(
  command: Pick<Command, "outputsFile">,
  value: string | undefined,
  flag: unknown,
): Output {
  if (command.outputsFile && typeof flag === "string" && !FORMATS.some((word) => word === flag))
    return { format: undefined, file: flag };
  return { format: value === undefined ? undefined : parseFormat(value), file: undefined };
}

/** How what a command gave back is printed where nobody says. */
export function usualFormat(result: Answer, { defaultFormat }: Pick<Command, "defaultFormat">): Format {
  return "link" in result ? "table" : defaultFormat;
}
