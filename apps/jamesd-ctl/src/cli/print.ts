import { type Output, printable } from "@jamesd/config";
import { type Format, type Paint, printLine, printResult } from "@jamesd/config/print";
import { JamesError } from "@jamesd/model";
import type { Answer, Lines, Link, Result, Views } from "./command.ts";
import { type Screen, showEach } from "./screen.ts";

/** How and where to print. */
export interface Printing {
  readonly format: Format;
  readonly paint: Paint | undefined;
  readonly screen: Screen | undefined;
  readonly output: Output;
}

/** Prints what a command gave back. @throws JamesError its failure, and USAGE of views where there is no screen */
export async function print(result: Answer, printing: Printing): Promise<void> {
  if ("lines" in result) return printLines(result, printing);
  if ("views" in result) return showViews(result, printing);
  const { output } = printing;
  if ("link" in result) return output.out(await linkText(result, printing));
  if ("plain" in result) return output.out(result.plain);
  output.out(await resultText(result, printing));
  for (const note of result.notes ?? []) output.err(`${printable(note)}\n`);
  if (result.failure) throw result.failure;
}

async function printLines({ lines }: Lines, { format, output }: Printing): Promise<void> {
  for await (const line of lines) output.out(await printLine(line, format));
}

async function linkText({ link, data }: Link, { format, paint }: Printing): Promise<string> {
  if (format !== "table") return printResult({ data }, format);
  // Few commands need what makes codes.
  const { codeText } = await import("./qr-code.ts");
  return `${codeText(link, paint !== undefined)}${printable(link)}\n`;
}

async function showViews({ views, areBounded }: Views, printing: Printing): Promise<void> {
  const { screen, output, format } = printing;
  const isShown = screen && format === "table";
  if (areBounded && !isShown) return printLast(views, printing);
  if (!isShown)
    throw new JamesError("USAGE", "--watch shows a table on a terminal, which this is not", {
      hint: "events --follow prints what happens, line by line, to a file or a pipe.",
    });
  let last: Result | undefined;
  const texts = async function* () {
    for await (const view of views) {
      last = view;
      yield [
        await resultText(view, printing),
        ...(view.notes ?? []).map((note) => `${printable(note)}\n`),
      ].join("");
    }
  };
  await showEach(texts(), screen, output.out);
  if (last?.failure) throw last.failure;
}

/** What happens meanwhile is told on standard error. */
async function printLast(views: AsyncIterable<Result>, printing: Printing): Promise<void> {
  let last: Result | undefined;
  for await (const view of views) {
    for (const note of view.notes ?? []) printing.output.err(`${printable(note)}\n`);
    last = { ...view, notes: [] };
  }
  if (last) await print(last, printing);
}

/** A result as it is printed; a person who looks at a table is also told what it comes to. */
async function resultText(result: Result, { format, paint, screen }: Printing): Promise<string> {
  const text = await printResult(result, format, paint);
  if (format !== "table") return text;
  const { summary, head = [], foot = [] } = result;
  const around = (lines: readonly string[]): string => lines.map((line) => `${printable(line)}\n`).join("");
  const total = screen && summary !== undefined ? `\n${printable(summary)}\n` : "";
  return around(head) + text + around(foot) + total;
}
