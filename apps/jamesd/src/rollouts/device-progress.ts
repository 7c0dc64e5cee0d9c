import { type Digest, progressOf, type RolloutSettings } from "@jamesd/model";
import { failedTransaction, type KnownDevice, resolvable, wishedRetry } from "../fleet/device.ts";
import { hasNext } from "../fleet/has-next.ts";
import { lastCertificate } from "../fleet/last-certificate.ts";
import type { Locks } from "../fleet/locks.ts";
import type { Presence } from "../fleet/presence.ts";
import { sameForDevice } from "../fleet/target.ts";
import type { Views } from "../fleet/views.ts";
import type { RunningTime } from "./running-time.ts";
import type { Place } from "./wave-progress.ts";

/** Times are known to the second of devices that are not in memory. */
const SECOND_MS = 1000;
/** By then a lock has ended the connections of whom it keeps out. */
const KEPT_OUT_MS = 60 * SECOND_MS;

/** What progress is judged by. */
export interface Judging {
  readonly views: Views;
  readonly presence: Pick<Presence, "heard" | "certificate">;
  readonly locks: Pick<Locks, "lockOf">;
  readonly running: Pick<RunningTime, "ran">;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The rollout, and when the wave of the device was opened. */
export interface Opening {
  readonly revision: number;
  readonly packet: Digest | null;
  readonly settings: Pick<RolloutSettings, "silenceMs" | "attempts">;
  /** Milliseconds since the epoch. */
  readonly opened: number;
}

/** Of a device that does not count. */
export const NOWHERE: Place = { progress: undefined, heard: 0, due: Number.POSITIVE_INFINITY };

/** Where a device of an open wave is; one that the rollout brings nothing (any more), or that is locked out, does not count. */
export function placeOf(device: KnownDevice, opening: Opening, judging: Judging): Place {
  const { revision, settings } = opening;
  const { locks, presence } = judging;
  const heard = presence.heard(device.id) ?? device.record.lastSeen;
  const lock = locks.lockOf(device.id, lastCertificate(device, presence));
  // Who is heard of since is not kept out: the lock is of another issuer's certificate with the same number.
  if (lock && !(lock.time !== null && heard > lock.time + KEPT_OUT_MS)) return NOWHERE;
  const beside = judging.views.beside(resolvable(device), revision);
  if (!beside.next || sameForDevice(beside.without, beside.next)) return NOWHERE;
  const unheardMs = unheardSince(heard, opening, judging);
  const progress = progressOf(
    {
      unheardMs,
      isDone: hasNext(device.record.state.apps, beside),
      failures: failuresOf(device, opening),
      isStuck: device.record.transaction?.outcome === "stuck" && wishedRetry(device) === undefined,
    },
    settings,
  );
  const due = unheardMs === undefined || progress === "silent" ? undefined : settings.silenceMs - unheardMs;
  return { progress, heard, due: due === undefined ? Number.POSITIVE_INFINITY : judging.now + due };
}

/** For how long a device is unheard, in milliseconds in which the server ran; undefined: it was not heard of since its wave was opened. */
export function unheardSince(
  heard: number,
  { opened }: Pick<Opening, "opened">,
  { running, now }: Pick<Judging, "running" | "now">,
): number | undefined {
  const second = toSecond(heard);
  if (second < toSecond(opened)) return undefined;
  return heard >= now ? 0 : running.ran(second, now);
}

function toSecond(time: number): number {
  return Math.floor(time / SECOND_MS) * SECOND_MS;
}

/** How often a device tried what it should have since the rollout, and did not succeed; one that is to try again has not failed. */
function failuresOf(device: KnownDevice, { revision, packet }: Pick<Opening, "revision" | "packet">): number {
  const failed = failedTransaction(device);
  if (!failed || wishedRetry(device) !== undefined) return 0;
  // What a packet brings changes nobody's documents, and so no number.
  return packet === null && failed.revision < revision ? 0 : failed.attempt;
}
