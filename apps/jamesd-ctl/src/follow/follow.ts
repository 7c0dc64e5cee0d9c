import { formatDuration, JamesError, shellWord } from "@jamesd/model";
import type { Client, Device } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { wayText } from "../views/way-text.ts";
import type { Ending } from "./ending.ts";
import { News } from "./news.ts";
import { type Change, judge, type Verdict } from "./verdict.ts";

/** What to follow, and for how long. */
export interface Following {
  readonly id: string;
  readonly change: Change;
  readonly timeoutMs: number;
  /** Told each time the phase changes. */
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Looks at the device, again whenever something happened to it, until the change is carried out, or cannot be. @throws JamesError WAIT_TIMEOUT */
export async function followDevice(client: Client, following: Following): Promise<Ending> {
  const deadline = AbortSignal.timeout(following.timeoutMs);
  const signal = AbortSignal.any([following.signal, deadline]);
  const news = new News(client, following.id);
  let phase = "not yet looked at";
  const enter = (next: string): void => {
    if (next !== phase) following.note(`${following.id}: ${next}`);
    phase = next;
  };
  try {
    for (;;) {
      await news.next(signal);
      const device = await look(client, following.id, signal);
      const verdict = device && judge(device, following.change);
      enter(device && verdict ? phaseOf(device, verdict, following.change) : "waiting for the server");
      if (device && verdict && verdict.kind !== "waiting") return { device, verdict };
    }
  } catch (thrown) {
    if (deadline.aborted && !following.signal.aborted) throw timedOut(following, phase);
    throw thrown;
  }
}

/** Undefined while the server cannot be reached: it may be restarting. */
async function look(client: Client, id: string, signal: AbortSignal): Promise<Device | undefined> {
  try {
    return await client.call("getDevice", { params: { id }, signal });
  } catch (thrown) {
    if (thrown instanceof JamesError && thrown.class === "unavailable") return undefined;
    throw thrown;
  }
}

function phaseOf(device: Device, verdict: Verdict, { revision }: Change): string {
  // What the server still shows of before the change is no news.
  if (verdict.kind !== "waiting") return `${device.sync}, revision ${revision}`;
  const way = wayText(device);
  if (device.connected) return `pending, revision ${revision}${way === undefined ? "" : `: ${way}`}`;
  const seen = device.lastSeen === null ? "not seen yet" : `last seen ${isoTime(device.lastSeen)}`;
  return `pending, revision ${revision} (not connected, ${seen})`;
}

function timedOut({ id, timeoutMs }: Following, phase: string): JamesError {
  return new JamesError(
    "WAIT_TIMEOUT",
    `${id} has not finished after ${formatDuration(timeoutMs)}: ${phase}`,
    {
      hint: `The device goes on by itself; see jamesd-ctl get-device --id ${shellWord(id)}.`,
    },
  );
}
