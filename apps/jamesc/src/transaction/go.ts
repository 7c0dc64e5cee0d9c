import { JamesError } from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import type { TransactionEvent } from "./event.ts";

/** Why a plan may not be begun now. */
export interface NotYet {
  /** When to ask again: milliseconds since the epoch, by the device's clock. */
  readonly until: number;
  /** When the device may change, as far as it is known: the same, by the device's clock. */
  readonly opens?: number | undefined;
  /** In words for people: `the maintenance window opens at 22:00`. */
  readonly why: string;
}

/**
 * Decides of a plan that is prepared whether the device may change now; undefined: it may. It answers at once: what it
 * would have to wait for it tells as `NotYet`, for while it is asked the device is looked at and hears nothing.
 */
export type Go = (plan: PlanMessage) => Promise<NotYet | undefined>;

/** Every plan may be begun as soon as it is prepared. */
export const alwaysGo: Go = async () => undefined;

const SECOND = 1000;
const HOUR = 60 * 60 * SECOND;

/** A plan is prepared, and may not be begun yet. */
export class NotYetError extends JamesError {
  readonly notYet: NotYet;

  constructor(revision: number, notYet: NotYet, retryAfterMs: number) {
    super("NOT_YET", `revision ${revision} is prepared and not begun: ${notYet.why}`, {
      hint: "jamesc goes on by itself as soon as it may.",
      retryAfterMs,
    });
    this.notYet = notYet;
  }
}

/** @throws NotYetError, a JamesError NOT_YET with the time after which to ask again: an hour at the most, for clocks and answers change */
export async function askGo(
  plan: PlanMessage,
  { go, log }: { readonly go: Go; readonly log: (event: TransactionEvent) => void },
): Promise<void> {
  const notYet = await go(plan);
  if (!notYet) return;
  const { until, why } = notYet;
  const retryAfterMs = Math.min(HOUR, Math.max(SECOND, until - Date.now()));
  log({ event: "not yet", revision: plan.revision, why, retryAfterMs });
  throw new NotYetError(plan.revision, notYet, retryAfterMs);
}
