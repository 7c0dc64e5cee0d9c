import type { JamesError } from "@jamesd/model";
import { printable } from "../printable.ts";
import { fieldTable } from "./field-table.ts";
import { jsonText } from "./json-text.ts";
import { type Paint, printTable, type Table } from "./table.ts";

/** How results are printed. */
export const FORMATS = ["yaml", "json", "table"] as const;
export type Format = (typeof FORMATS)[number];

/** What a command gives back; the printer prints it. */
export interface Result {
  /** For `--output yaml` and `json`. */
  readonly data: unknown;
  /** For `--output table`; left out, it is the keys of `data` and their values (`fieldTable`). */
  readonly table?: Table;
  /** Reported after the data has been printed; its class is the exit code. */
  readonly failure?: JamesError | undefined;
}

/** The text of a result; a table with colours where there is something that paints it. */
export async function printResult(
  result: Pick<Result, "data" | "table">,
  format: Format,
  paint?: Paint,
): Promise<string> {
  switch (format) {
    case "json":
      return jsonText(result.data, 2);
    case "yaml":
      return await yamlText(result.data);
    case "table":
      return printTable(result.table ?? fieldTable(result.data), paint);
  }
}

/** The text of one of many things that are printed as they come: lines, a line of JSON, or an item of a YAML list. */
export async function printLine(
  line: { readonly data: unknown; readonly text: readonly string[] },
  format: Format,
): Promise<string> {
  switch (format) {
    case "json":
      return jsonText(line.data);
    case "yaml":
      return await yamlText([line.data]);
    case "table":
      return line.text.map((text) => `${printable(text)}\n`).join("");
  }
}

/** Loads what YAML is printed by, for who has to wait for something else in any case. */
export async function prepareYaml(): Promise<void> {
  await yamlPrinter();
}

// The library is loaded for who wants YAML alone.
const yamlPrinter = () => import("./yaml-text.ts");

async function yamlText(data: unknown): Promise<string> {
  return (await yamlPrinter()).yamlText(data);
}
