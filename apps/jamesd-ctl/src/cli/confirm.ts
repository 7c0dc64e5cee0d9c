import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { JamesError } from "@jamesd/model";
import type { PacketImpact } from "@jamesd/protocol";
import type { Context } from "./command.ts";

/** What packets more or less mean together. */
export interface SummedImpact extends PacketImpact {
  /** A device may have been counted several times. */
  readonly isBound?: boolean;
}

/** What several packets mean, each by itself. */
export function sumImpacts(impacts: readonly PacketImpact[]): SummedImpact {
  const sum = (key: "devices" | "connected" | "unsatisfiable"): number =>
    impacts.reduce((total, impact) => total + impact[key], 0);
  return {
    devices: sum("devices"),
    connected: sum("connected"),
    unsatisfiable: sum("unsatisfiable"),
    ids: [...new Set(impacts.flatMap(({ ids }) => ids))],
    isBound: impacts.filter(({ devices }) => devices > 0).length > 1,
  };
}

/**
 * Says what a packet more or less means for devices, and on a terminal asks whether to go on; elsewhere, or when `yes`
 * answers, it goes on. @throws JamesError CANCELLED
 */
export async function confirmImpact(
  { devices, connected, unsatisfiable, ids, isBound = false }: SummedImpact,
  what: string,
  yes: boolean,
  context: Context,
): Promise<void> {
  if (devices === 0) return;
  const some = ids.slice(0, 3).join(", ") + (ids.length > 3 ? ", …" : "");
  const lost = unsatisfiable > 0 ? `; for ${unsatisfiable} of them there would be no packet` : "";
  context.note(
    `${what} changes ${isBound ? "at most " : ""}${count(devices)} (${connected} connected${lost}): ${some}`,
  );
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
