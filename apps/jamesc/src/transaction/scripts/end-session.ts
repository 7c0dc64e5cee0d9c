import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import { monotonic } from "../../monotonic.ts";
import { statOf } from "./script-process.ts";

const KILL_AFTER_MS = 5_000;
const GIVE_UP_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 20;

/**
 * Ends every process of a session: asks with SIGTERM, and 5 s later ends with SIGKILL what is left.
 * @throws JamesError DEVICE_IO when something does not end even so, as what waits for a broken disk
 */
export async function endSession(session: number): Promise<void> {
  signalAll(session, "SIGTERM");
  if (await isGone(session, KILL_AFTER_MS)) return;
  signalAll(session, "SIGKILL");
  if (await isGone(session, GIVE_UP_AFTER_MS, () => signalAll(session, "SIGKILL"))) return;
  const [process] = membersOf(session);
  throw new JamesError("DEVICE_IO", `process ${process?.pid} of a script cannot be ended`, {
    hint: "See what it waits for: ps -o pid,stat,wchan,args -p PID.",
  });
}

/** Waits until nothing of the session runs; `again` is done before each further look, to reach what was forked meanwhile. */
async function isGone(session: number, limitMs: number, again?: () => void): Promise<boolean> {
  const end = monotonic() + limitMs;
  while (membersOf(session).length > 0) {
    if (monotonic() > end) return false;
    await sleep(LOOK_EVERY_MS);
    again?.();
  }
  return true;
}

// A shell with job control gives each of its jobs a group of its own in the session.
function signalAll(session: number, signal: NodeJS.Signals): void {
  for (const group of new Set(membersOf(session).map((member) => member.group))) {
    try {
      process.kill(-group, signal);
    } catch {
      // Already gone.
    }
  }
}

function membersOf(session: number): readonly { readonly pid: number; readonly group: number }[] {
  return readdirSync("/proc")
    .map(Number)
    .filter(Number.isInteger)
    .flatMap((pid) => {
      const stat = statOf(pid);
      return stat?.isAlive && stat.session === session ? [{ pid, group: stat.group }] : [];
    });
}
