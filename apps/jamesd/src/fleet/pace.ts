import { Shedding } from "../running/shedding.ts";
import { Drain } from "./drain.ts";
import { Holding, type HoldingParts } from "./holding.ts";

/** How many devices wait for the server, and how they are let go. */
export interface PaceSettings {
  /** So many check-ins may be held; left out: all. */
  readonly maxHeld?: number;
  /** What turns away who can as well come later; left out: nobody is. */
  readonly shedding?: Shedding;
  /** Over so many milliseconds held check-ins are let go at the end; left out: at once. */
  readonly drainMs?: number;
}

/** What decides when devices are answered. */
export interface Pace {
  readonly shedding: Shedding;
  readonly holding: Holding;
  readonly drain: Drain;
}

/** What holds the check-ins of these sessions, and lets them go. */
export function makePace(
  sessions: HoldingParts["sessions"],
  { maxHeld = Number.POSITIVE_INFINITY, shedding, drainMs = 0 }: PaceSettings,
): Pace {
  const { random } = Math;
  const sheds = shedding ?? new Shedding(() => 0, random);
  const clock = (): number => performance.now();
  return {
    shedding: sheds,
    holding: new Holding({ sessions, most: maxHeld, strain: () => sheds.level, random, clock }),
    drain: new Drain(drainMs, random),
  };
}
