import { inspect } from "node:util";
import type { Paint, Tone } from "./table.ts";

/** When tables are printed in colours. */
export const COLOR_WORDS = ["auto", "always", "never"] as const;
export type ColorWord = (typeof COLOR_WORDS)[number];

/** Where a table is printed. */
export interface Printed {
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly env: NodeJS.ProcessEnv;
}

const COLORS: Readonly<Record<Tone, string>> = {
  good: "green",
  bad: "red",
  doubtful: "yellow",
  faint: "gray",
};

/** What paints cells; undefined where there are to be no colours: in files and pipes, and where NO_COLOR says so (no-color.org). */
export function painter(when: ColorWord, { isTerminal, env }: Printed): Paint | undefined {
  const isWanted = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  return when === "always" || (when === "auto" && isWanted) ? paint : undefined;
}

// Not `styleText`, which Node has only since 20.12; the colours are the same.
function paint(text: string, tone: Tone): string {
  const [start, end] = inspect.colors[COLORS[tone]] ?? [0, 0];
  return `\x1b[${start}m${text}\x1b[${end}m`;
}
