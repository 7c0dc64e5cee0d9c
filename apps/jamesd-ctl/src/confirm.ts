import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { JamesError } from "@jamesd/model";
import type { PacketImpact } from "@jamesd/protocol";
import type { Context } from "./command.ts";

/**
 * Says what a packet more or less means for devices, and on a terminal asks whether to go on; elsewhere, or when `yes`
 * answers, it goes on. @throws JamesError CANCELLED
 */
export async function confirmImpact(
  { devices, connected, unsatisfiable, ids }: PacketImpact,
  what: string,
  yes: boolean,
  context: Context,
): Promise<void> {
  if (devices === 0) return;
  const some = ids.slice(0, 3).join(", ") + (devices > 3 ? ", …" : "");
  const lost = unsatisfiable > 0 ? `; for ${unsatisfiable} of them there would be no packet` : "";
  context.note(`${what} changes ${count(devices)} (${connected} connected${lost}): ${some}`);
  if (yes || !(await isDeclined(context))) return;
  throw new JamesError("CANCELLED", "nothing was changed", { hint: "--yes answers beforehand." });
}

function count(devices: number): string {
  return devices === 1 ? "1 device" : `${devices} devices`;
}

async function isDeclined({ stdin, isTerminal, signal }: Context): Promise<boolean> {
  if (!isTerminal || !("isTTY" in stdin) || stdin.isTTY !== true) return false;
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
