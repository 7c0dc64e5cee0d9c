import type { Transaction } from "@jamesd/protocol/device";
import type { DeviceParts } from "./device-parts.ts";
import { forgetFetched } from "./fetch/fetched.ts";
import type { StateBefore } from "./journal/device-state.ts";

/** Notes that a transaction failed and the device is as before; the disk may be full. */
export function giveUp(
  { state, layout }: DeviceParts,
  report: Transaction,
  before?: StateBefore,
): Transaction {
  try {
    state.giveUp(report, before);
  } catch {
    // What was fetched can be fetched again.
    forgetFetched(layout);
    state.giveUp(report, before);
  }
  return report;
}
