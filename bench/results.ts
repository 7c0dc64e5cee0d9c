import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Finding } from "./bench.ts";

const FILE = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const INTRODUCTION = `# Bench results

Written by \`npm run bench -- --save\`; what each figure means is in [README.md](README.md). Compare ratios: the absolute
figures are those of one machine on one day.
`;

/** When a row was measured, where each may be of a go of its own. */
const DATE = "on";

/** A finding whose rows say when they were measured, where each may be of a go of its own. */
export function withDates(finding: Finding, date: Date): Finding {
  if (finding.named === undefined) return finding;
  const day = date.toISOString().slice(0, 10);
  return {
    ...finding,
    columns: [...finding.columns, DATE],
    rows: finding.rows.map((row) => [...row, day]),
  };
}

/** A finding with the rows that it has not, and that were measured before, and with the notes on them. */
export function withRowsBefore(finding: Finding, document: string, name: string): Finding {
  const { named, columns, rows, notes } = finding;
  if (named === undefined) return finding;
  const [head, ...before] = tableOf(document, name);
  if (head?.join() !== columns.join()) return finding;
  const keyOf = (row: readonly string[]): string => row.slice(0, named).join();
  const all = new Map([...before, ...rows].map((row) => [keyOf(row), row]));
  return { ...finding, rows: [...all.values()], notes: [...new Set([...notesOf(document, name), ...notes])] };
}

/** The rows of the table in a section, the head first. */
function tableOf(document: string, name: string): readonly (readonly string[])[] {
  const lines = linesOf(document, name, "| ").filter((text) => !text.startsWith("| --- "));
  return lines.map((text) => text.slice(2, -2).split(" | "));
}

function notesOf(document: string, name: string): readonly string[] {
  return linesOf(document, name, "- ").map((text) => text.slice(2));
}

/** The lines of a section that begin so. */
function linesOf(document: string, name: string, mark: string): readonly string[] {
  const section = document.split(/^(?=## )/m).find((text) => text.startsWith(`## ${name}\n`)) ?? "";
  return section.split("\n").filter((text) => text.startsWith(mark));
}

/** A finding as a section of RESULTS.md. */
export function formatSection(name: string, finding: Finding, machine: string, date: Date): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = finding.columns.map((_, index) => (index === 0 ? "---" : "---:"));
  const table = [line(finding.columns), line(rule), ...finding.rows.map(line)].join("\n");
  const origin = `${date.toISOString().slice(0, 10)}, \`npm run bench -- ${name}\`, ${machine}`;
  const notes = finding.notes.map((note) => `- ${note}\n`).join("");
  return `## ${name}\n\n${origin}\n\n${finding.summary}\n\n${table}\n\n${notes}`;
}

/** The document with this section in place of the one of the same name, or at its end. */
export function replaceSection(document: string, name: string, section: string): string {
  const [head = "", ...sections] = document.split(/^(?=## )/m);
  const kept = sections.map((text) => `${text.trimEnd()}\n`);
  const place = kept.findIndex((text) => text.startsWith(`## ${name}\n`));
  const next = `${section.trimEnd()}\n`;
  const all = place === -1 ? [...kept, next] : kept.with(place, next);
  return [`${head.trimEnd()}\n`, ...all].join("\n");
}

/** Puts a finding into RESULTS.md. */
export function saveFinding(name: string, finding: Finding, machine: string, date: Date): void {
  const document = existsSync(FILE) ? readFileSync(FILE, "utf8") : INTRODUCTION;
  const whole = withRowsBefore(withDates(finding, date), document, name);
  writeFileSync(FILE, replaceSection(document, name, formatSection(name, whole, machine, date)));
}
