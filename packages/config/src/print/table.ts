import { printable } from "../printable.ts";

/** Rows of cells under a head line. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Aligned columns, two spaces apart, with the head in capitals and no space at the end of a line. */
export function printTable({ columns, rows }: Table): string {
  const lines = [columns.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => width(line[i] ?? ""))));
  return lines
    .map(
      (line) =>
        `${line
          .map((text, i) => pad(text, widths[i] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function pad(text: string, to: number): string {
  return text + " ".repeat(to - width(text));
}

function width(text: string): number {
  return [...text].length;
}
