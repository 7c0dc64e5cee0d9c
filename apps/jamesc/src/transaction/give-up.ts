import type { Transaction } from "@jamesd/protocol/device";
import type { DeviceParts } from "./device-parts.ts";
import { deviceError } from "./disk/device-error.ts";
import { forgetSmallest } from "./fetch/fetched.ts";
import type { StateBefore } from "./journal/device-state.ts";

/** Notes that a transaction failed and the device is as before. Where the disk is full it takes the room of what was fetched, and no more of it than has to be. */
export function giveUp(
  { state, layout }: DeviceParts,
  report: Transaction,
  before?: StateBefore,
): Transaction {
  for (let count = 1; ; count *= 2)
    try {
      state.giveUp(report, before);
      return report;
    } catch (cause) {
      // What was fetched can be fetched again. Whatever else it is, it is tried twice.
      const isFull = deviceError(cause).code === "STORAGE_FULL";
      const forgotten = isFull ? forgetSmallest(layout, count) : 0;
      if (forgotten === 0 && count > 1) throw cause;
    }
}
