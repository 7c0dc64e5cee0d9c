import { Drain } from "./drain.ts";
import { Holding, type HoldingParts } from "./holding.ts";

/** How many devices wait for the server, and how they are let go. */
export interface PaceSettings {
  /** So many check-ins may be held; left out: all. */
  readonly maxHeld?: number;
  /** As of `Holding`; left out: the server always keeps up. */
  readonly strain?: HoldingParts["strain"];
  /** Over so many milliseconds held check-ins are let go at the end; left out: at once. */
  readonly drainMs?: number;
}

/** What holds the check-ins of these sessions, and lets them go. */
export function makePace(
  sessions: HoldingParts["sessions"],
  { maxHeld = Number.POSITIVE_INFINITY, strain = () => 0, drainMs = 0 }: PaceSettings,
): { readonly holding: Holding; readonly drain: Drain } {
  const { random } = Math;
  const clock = (): number => performance.now();
  return {
    holding: new Holding({ sessions, most: maxHeld, strain, random, clock }),
    drain: new Drain(drainMs, random),
  };
}
