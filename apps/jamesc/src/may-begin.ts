import { clip, isoTime, JamesError, windowsAt, windowsText } from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import type { Go, NotYet } from "./transaction/index.ts";
import type { UpdateLock } from "./update-lock.ts";
import type { Zones } from "./zones/zones.ts";

/** By what it is judged whether the device may change now. */
export interface Conditions {
  /** Milliseconds since the epoch, by the device's clock. */
  readonly now: () => number;
  /** What clocks show, as the device knows it now, and its own zone, for windows that name none. */
  readonly zones: () => Pick<Zones, "offsetOf" | "local">;
  /** It cannot be earlier than that; a clock that says so is not set. */
  readonly built: number;
  readonly lock: Pick<UpdateLock, "holder">;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Nobody tells when a lock is released. */
const LOOK_AGAIN_MS = 15_000;
/** What is said of windows is at most so long. */
const MOST_TEXT = 400;

/** Lets a plan begin when its windows are open, and no application holds the update lock; an operator may have it begin sooner. */
export function mayBegin(conditions: Conditions): Go {
  return async (plan) =>
    (plan.go ? undefined : closedWindow(plan, conditions)) ??
    (plan.go?.breakLock ? undefined : heldLock(conditions));
}

function heldLock({ lock, now }: Conditions): NotYet | undefined {
  const holder = lock.holder();
  return holder === undefined
    ? undefined
    : { until: now() + LOOK_AGAIN_MS, why: `the update lock is held by ${holder}` };
}

function closedWindow({ windows = [] }: PlanMessage, { now, zones, built }: Conditions): NotYet | undefined {
  if (windows.length === 0) return undefined;
  const time = now();
  if (time < built)
    return {
      until: time + MINUTE,
      why: `the clock of the device is not set, it shows ${isoTime(time)}: no maintenance window opens`,
    };
  try {
    const { local, offsetOf } = zones();
    const { isOpen, until } = windowsAt(windows, time, local, offsetOf);
    if (isOpen) return undefined;
    return {
      until: until ?? time + HOUR,
      opens: until,
      why: `no maintenance window is open: ${textOf(windows, local)}`,
    };
  } catch (thrown) {
    if (!(thrown instanceof JamesError)) throw thrown;
    return { until: time + HOUR, why: `no maintenance window opens: ${thrown.message}` };
  }
}

function textOf(windows: NonNullable<PlanMessage["windows"]>, local: string): string {
  return clip(windowsText(windows, local), MOST_TEXT);
}
