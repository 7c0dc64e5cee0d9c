import { FORMATS, type Format } from "@jamesd/config/print";
import { JamesError } from "@jamesd/model";

function parseFormat(given: string): Format {
  const format = FORMATS.find((word) => word === given);
  if (format !== undefined) return format;
  throw new JamesError("USAGE", `${JSON.stringify(given)} is not a way to print`, {
    hint: `Say --output ${FORMATS.join(", --output ")}; only get-packet and export write to a file.`,
  });
}

/**
 * What `--output` asks for. `value` may come from any source; only the flag itself, `flag`, can name a file, and only for
 * a command that writes one. @throws JamesError USAGE
 */
export function chooseOutput(
  command: { readonly defaultFormat: Format; readonly outputsFile?: true },
  value: string | undefined,
  flag: unknown,
): { readonly format: Format; readonly file: string | undefined } {
  if (command.outputsFile && typeof flag === "string" && !FORMATS.some((word) => word === flag))
    return { format: command.defaultFormat, file: flag };
  return { format: value === undefined ? command.defaultFormat : parseFormat(value), file: undefined };
}
