import type { InstalledApp } from "@jamesd/model";
import type { Device, DeviceInfo } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { driftView } from "./drift-view.ts";

/** A device's state in the seed's form: what `set-desired-state` reads, and nothing else. */
export function stateView({ id, systemtags, apps }: DeviceInfo) {
  return { id, systemtags, apps: apps.map(appView) };
}

/** A device as an item of the list; what servers of earlier versions do not tell is left out. */
export function deviceListView(device: DeviceInfo) {
  const { id, connected, lastSeen, sync, revision, systemtags, givenTags, apps } = device;
  const { agent, problem, unmerged, clockOff } = device;
  return {
    ...{ id, connected, lastSeen: timeOrNull(lastSeen), sync, revision, systemtags },
    ...(givenTags !== undefined && { givenTags }),
    apps: apps.map(appView),
    ...(agent !== undefined && { agent }),
    ...(problem !== undefined && { problem }),
    ...(device.drifted !== undefined && { drifted: device.drifted }),
    ...laterTimes(device),
    ...(unmerged !== undefined && { unmerged }),
    ...(clockOff !== undefined && { clockOff }),
  };
}

/** Everything the server knows of a device. */
export function deviceView(device: Device) {
  const { transaction, drift, ...rest } = device;
  return {
    ...rest,
    lastSeen: timeOrNull(device.lastSeen),
    ...laterTimes(device),
    ...(drift !== undefined && { drift: drift && driftView(drift) }),
    transaction: transaction && { ...transaction, started: isoTime(transaction.started) },
  };
}

function appView({ name, tags }: InstalledApp) {
  return { name, tags };
}

/** Times that servers of earlier versions do not tell. */
function laterTimes({
  certEnds,
  nextTry,
  clone,
  lockedOut,
  waiting,
  preparing,
}: Pick<DeviceInfo, "certEnds" | "nextTry" | "clone" | "lockedOut" | "waiting" | "preparing">) {
  return {
    ...(waiting && {
      waiting: { ...waiting, ...(waiting.until !== undefined && { until: isoTime(waiting.until) }) },
    }),
    ...(preparing && {
      preparing: { ...preparing, ...(preparing.ended !== undefined && { ended: isoTime(preparing.ended) }) },
    }),
    ...(lockedOut && { lockedOut: { ...lockedOut, time: timeOrNull(lockedOut.time) } }),
    ...(clone && { clone: { ...clone, time: isoTime(clone.time) } }),
    ...(certEnds !== undefined && { certEnds: timeOrNull(certEnds) }),
    ...(nextTry !== undefined && { nextTry: timeOrNull(nextTry) }),
  };
}

function timeOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}
