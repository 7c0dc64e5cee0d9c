import { JamesError, WINDOWS, type WindowState, windowsAt } from "@jamesd/model";
import type { Waiting } from "../device/report.ts";
import { type Device, wishedGo } from "./device.ts";
import type { Wanted } from "./target.ts";

/**
 * Why a device is not given its plan at `now`: its agent does not know windows, so that the server keeps to them, by its
 * own clock, and by its own time zone where they name none. Undefined: nothing keeps it.
 */
export function withheld(device: Device, now: number): Waiting | undefined {
  const { record, target, appsDigest } = device;
  if (!record || !target || target.digest === appsDigest || record.features.includes(WINDOWS))
    return undefined;
  const { windows, revision } = target.wanted;
  if (windows.length === 0 || wishedGo(device)) return undefined;
  const { isOpen, until } = stateOf(windows, now);
  if (isOpen) return undefined;
  const why = `no maintenance window is open; its agent does not know windows, so it gets the plan when one opens by the server's clock (${ownZone()} where they name no zone)`;
  return { revision, why, ...(until !== undefined && { until }) };
}

/** What was found out of windows: true from then until they open or close. */
interface Known {
  readonly from: number;
  readonly state: WindowState;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** By the lists themselves, which devices share: of many windows it takes a while, and every check-in asks. */
const known = new WeakMap<Wanted["windows"], Known>();

function stateOf(windows: Wanted["windows"], now: number): WindowState {
  const before = known.get(windows);
  if (before && before.from <= now && now < (before.state.until ?? before.from + DAY_MS)) return before.state;
  const state = findState(windows, now);
  known.set(windows, { from: now, state });
  return state;
}

function findState(windows: Wanted["windows"], now: number): WindowState {
  try {
    return windowsAt(windows, now, ownZone());
  } catch (thrown) {
    // The zones of this system became fewer: no window is known to be open.
    if (thrown instanceof JamesError) return { isOpen: false, until: undefined };
    throw thrown;
  }
}

let zoneHere: string | undefined;

function ownZone(): string {
  zoneHere ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zoneHere;
}
