import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Finding } from "./bench.ts";

const FILE = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const INTRODUCTION = `# Bench results

Written by \`npm run bench -- --save\`; what each figure means is in [README.md](README.md). Compare ratios: the absolute
figures are those of one machine on one day.
`;

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

/** Puts a section into RESULTS.md. */
export function saveSection(name: string, section: string): void {
  const document = existsSync(FILE) ? readFileSync(FILE, "utf8") : INTRODUCTION;
  writeFileSync(FILE, replaceSection(document, name, section));
}
