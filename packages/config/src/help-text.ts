import { type Flags, usageForm } from "./flags.ts";
import { flagHelp, type Options, optionHelp } from "./options.ts";

/** What a help text tells. */
export interface Help {
  readonly usage: string;
  readonly summary: string;
  /** Each list of names and what they mean, with its heading. */
  readonly lists: readonly { readonly heading: string; readonly items: readonly HelpItem[] }[];
}

/** A name, and what it means. */
export type HelpItem = readonly [name: string, text: string];

const WIDTH = 80;
const MARGIN = "  ";
/** No narrower than this, however long the names are. */
const LEAST_TEXT = 30;

/** A help text: usage, summary and lists of two columns. */
export function helpText({ usage, summary, lists }: Help, width = WIDTH): string {
  const left = Math.max(...lists.flatMap(({ items }) => items.map(([name]) => name.length)));
  const room = Math.max(LEAST_TEXT, width - left - 2 * MARGIN.length);
  const parts = lists
    .filter(({ items }) => items.length > 0)
    .map(({ heading, items }) => `${heading}:\n${items.map((item) => row(item, left, room)).join("")}`);
  return [`Usage: ${usage}\n`, `${wrap(summary, width).join("\n")}\n`, ...parts].join("\n");
}

/** The settings of a program as items: each with its default and its variable. */
export function settingItems(options: Options, envPrefix: string): readonly HelpItem[] {
  return Object.entries(options).map(([name, option]) => [
    usageForm(name, option),
    optionHelp(name, option, envPrefix),
  ]);
}

/** The flags of a command as items. */
export function flagItems(flags: Flags): readonly HelpItem[] {
  return Object.entries(flags).map(([name, flag]) => [usageForm(name, flag), flagHelp(flag)]);
}

function row([name, text]: HelpItem, left: number, room: number): string {
  const indent = MARGIN + " ".repeat(left) + MARGIN;
  return `${MARGIN}${name.padEnd(left)}${MARGIN}${wrap(text, room).join(`\n${indent}`)}\n`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines.splice(-1, 1, line === "" ? word : `${line} ${word}`);
  }
  return lines;
}
