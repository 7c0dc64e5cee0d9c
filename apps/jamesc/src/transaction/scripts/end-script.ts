import { setTimeout as sleep } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import { monotonic } from "@jamesd/protocol/device";
import { type Descendant, Descendants, type Reach } from "./descendants.ts";
import { nameOf, type ScriptProcess } from "./script-process.ts";

const KILL_AFTER_MS = 5_000;
const GIVE_UP_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 20;

/**
 * Ends a script's process and whatever it started, as far as `reach` goes: asks with SIGTERM, and 5 s later ends with
 * SIGKILL what is left.
 * @throws JamesError DEVICE_IO when something does not end even so, as what waits for a broken disk
 */
export async function endScript(script: ScriptProcess, reach: Reach = "all"): Promise<void> {
  const descendants = new Descendants(script, reach);
  if ((await end(descendants, "SIGTERM", KILL_AFTER_MS)).length === 0) return;
  const [left] = await end(descendants, "SIGKILL", GIVE_UP_AFTER_MS);
  if (!left) return;
  throw new JamesError("DEVICE_IO", `process ${left.pid} of a script cannot be ended`, {
    hint: "See what it waits for: ps -o pid,stat,wchan,args -p PID.",
  });
}

/** Signals each until none is left, also those that are started meanwhile. @returns those that are left when time is over */
async function end(
  descendants: Descendants,
  signal: "SIGTERM" | "SIGKILL",
  limitMs: number,
): Promise<readonly Descendant[]> {
  const limit = monotonic() + limitMs;
  const asked = new Set<string>();
  for (let nobody = 0; ; ) {
    const looked = monotonic();
    const left = descendants.look();
    nobody = left.length === 0 ? nobody + 1 : 0;
    // The list is read name by name: what was started while it was read may be missing once, but not twice.
    if (nobody > 1 || monotonic() > limit) return left;
    for (const one of left) send(one, signal, asked);
    // Where there are very many processes, a look takes a while.
    await sleep(Math.max(LOOK_EVERY_MS, monotonic() - looked));
  }
}

function send(descendant: Descendant, signal: "SIGTERM" | "SIGKILL", asked: Set<string>): void {
  const { pid, group } = descendant;
  const name = nameOf(descendant);
  // To be asked to end is heard once.
  if (signal === "SIGTERM" && asked.has(name)) return;
  asked.add(name);
  // A group is ended at once, so that nothing of it is forked in between.
  kill(signal === "SIGKILL" && group !== undefined ? -group : pid, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}
