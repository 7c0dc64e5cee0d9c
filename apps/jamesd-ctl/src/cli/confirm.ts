import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { flag, short } from "@jamesd/config";
import { counted, JamesError } from "@jamesd/model";
import type { Context } from "./command.ts";
import type { Meaning } from "./meaning.ts";

/** So many are named of devices, and of what goes away. */
const SOME = 3;

/** The flag of every command that asks. */
export const YES_FLAG = {
  yes: short("y", flag({ help: "do not ask; needed where nobody can be asked and something goes away" })),
};

/**
 * The one rule by which commands ask. What changes no device, and takes nothing away that the command line does not name,
 * is done. Of all else is said what it means, and on a terminal it is asked whether to go on; where nobody can be asked it goes on
 * as well, unless something goes away. `yes` answers beforehand.
 * @throws JamesError CANCELLED, CONFIRMATION_NEEDED
 */
export async function confirmImpact(
  meaning: Meaning,
  what: string,
  yes: boolean,
  context: Context,
): Promise<void> {
  const { devices, gone = [], isNamed = true } = meaning;
  if (devices === 0 && (gone.length === 0 || isNamed)) return;
  for (const line of meaningLines(meaning, what)) context.note(line);
  if (yes) return;
  if (!isAskable(context)) {
    if (gone.length > 0) throw needed(gone);
    return;
  }
  if (await isDeclined(context))
    throw new JamesError("CANCELLED", "nothing was changed", { hint: "--yes answers beforehand." });
}

/** True where a person can be asked. */
export function isAskable({ stdin, isTerminal }: Pick<Context, "stdin" | "isTerminal">): boolean {
  return isTerminal && "isTTY" in stdin && stdin.isTTY === true;
}

function meaningLines(meaning: Meaning, what: string): readonly string[] {
  const { gone = [], isNamed = true } = meaning;
  return [
    `${what} changes ${changedText(meaning)}`,
    ...(gone.length > 0 && !isNamed ? [`and takes away ${some(gone)}`] : []),
  ];
}

function changedText({ devices, connected, unsatisfiable = 0, ids = [], isBound, waves }: Meaning): string {
  if (devices === 0) return "no device";
  const lost = unsatisfiable > 0 ? `; for ${unsatisfiable} of them there would be no packet` : "";
  const known = connected === undefined ? "" : ` (${connected} connected${lost})`;
  const named = ids.length === 0 ? "" : `: ${some(ids)}`;
  return `${isBound ? "at most " : ""}${counted(devices, "device")}${wavesText(waves)}${known}${named}`;
}

function wavesText(waves: readonly number[] = []): string {
  const [first] = waves;
  return first === undefined ? "" : ` in ${counted(waves.length, "wave")}, the first of ${first}`;
}

function needed(gone: readonly string[]): JamesError {
  const what = some(gone);
  return new JamesError(
    "CONFIRMATION_NEEDED",
    `${what} would go away, and there is nobody to ask: nothing was changed`,
    { hint: "Give --yes where that is meant." },
  );
}

function some(all: readonly string[]): string {
  const more = all.length - SOME;
  return [...all.slice(0, SOME), ...(more > 0 ? ["…"] : [])].join(", ");
}

async function isDeclined({ stdin, signal }: Context): Promise<boolean> {
  // The terminal edits the line: readline would take Ctrl-C for itself, and nobody would hear of it.
  const prompt = createInterface({ input: stdin, output: process.stderr, terminal: false });
  const ended = once(prompt, "close").then(() => undefined);
  try {
    const answer = await Promise.race([prompt.question("Go on? [y/N] ", { signal }), ended]);
    // Ctrl-D ends the input, but not the question's line.
    if (answer === undefined) process.stderr.write("\n");
    return !/^y(es)?$/i.test(answer?.trim() ?? "");
  } finally {
    prompt.close();
  }
}
