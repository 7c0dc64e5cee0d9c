import { printable } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { jsonText, yamlText } from "./data-text.ts";
import { printTable, type Table } from "./table.ts";

/** How results are printed. */
const FORMATS = ["yaml", "json", "table"] as const;
export type Format = (typeof FORMATS)[number];

/** The text of a result. */
export function printResult(
  result: { readonly data: unknown; readonly table?: Table },
  format: Format,
): string {
  switch (format) {
    case "json":
      return jsonText(result.data, 2);
    case "yaml":
      return yamlText(result.data);
    case "table":
      return printTable(result.table ?? fieldTable(result.data));
  }
}

/** The text of one of many things that are printed as they come: lines, a line of JSON, or an item of a YAML list. */
export function printLine(
  line: { readonly data: unknown; readonly text: readonly string[] },
  format: Format,
): string {
  switch (format) {
    case "json":
      return jsonText(line.data);
    case "yaml":
      return yamlText([line.data]);
    case "table":
      return line.text.map((text) => `${printable(text)}\n`).join("");
  }
}

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

function fieldTable(data: unknown): Table {
  const fields = data !== null && typeof data === "object" ? Object.entries(data) : [["", data] as const];
  return { columns: ["field", "value"], rows: fields.map(([name, value]) => [name, cell(value)]) };
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (Array.isArray(value)) return value.map(cell).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
