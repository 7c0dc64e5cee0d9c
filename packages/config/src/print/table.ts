import { printable } from "../printable.ts";

/** What a cell means to who reads it; a terminal shows it by a colour. */
export type Tone = "good" | "bad" | "doubtful" | "faint";

/** A text, where it means something with its tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

/** Rows of cells under a head line. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Shows a text in the colour of its tone. */
export type Paint = (text: string, tone: Tone) => string;

/** Aligned columns, two spaces apart, with the head in capitals and no space at the end of a line. */
export function printTable({ columns, rows }: Table, paint: Paint = (text) => text): string {
  const lines: readonly (readonly Cell[])[] = [columns.map((name) => name.toUpperCase()), ...rows];
  // Not handed to Math.max: of a large fleet there are more lines than a call takes arguments.
  const widths = columns.map((_, i) =>
    lines.reduce((most, line) => Math.max(most, width(textOf(line[i] ?? ""))), 0),
  );
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => pad(cell, widths[i] ?? 0, paint))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

// What stands behind the text is not painted, so that it can be cut at the end of the line.
function pad(cell: Cell, to: number, paint: Paint): string {
  const text = textOf(cell);
  const painted = typeof cell === "string" ? text : paint(text, cell.tone);
  return painted + " ".repeat(to - width(text));
}

function textOf(cell: Cell): string {
  return printable(typeof cell === "string" ? cell : cell.text);
}

function width(text: string): number {
  return [...text].length;
}
