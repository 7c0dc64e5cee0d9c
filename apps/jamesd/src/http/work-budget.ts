import { JamesError } from "@jamesd/model";
import { LeakyBuckets } from "./leaky-buckets.ts";

/** How much of something that costs the others a certificate may send, in whatever that is counted in. */
export interface WorkSettings {
  /** Up to so much costs hardly more than its request, and is not counted. */
  readonly free: number;
  /** At once. */
  readonly most: number;
  readonly perSecond: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** What who has none left does, and is to do instead, in words. */
  readonly does: string;
  readonly hint: string;
}

const CHANGES = {
  does: "reports changes again and again",
  hint: "Report what has changed once; find out what changes it so often.",
};

/** A device reports its whole state when it has changed: what it has installed, and what its scripts said. In bytes. */
export const REPORTS: Omit<WorkSettings, "now"> = {
  free: 16 * 1024,
  most: 4 * 1024 * 1024,
  perSecond: 64 * 1024,
  ...CHANGES,
};

/** However short a report is: what is new in it is written down durably, which takes milliseconds. In reports. */
export const NEWS: Omit<WorkSettings, "now"> = { free: 0, most: 256, perSecond: 4, ...CHANGES };

/** So many requests a second, of which some seconds are saved up. */
export function requestsOf(perSecond: number): Omit<WorkSettings, "now"> {
  return {
    ...{ free: 0, most: SAVED_SECONDS * perSecond, perSecond },
    does: "asks too often",
    hint: "Ask again in a moment, and less often; jamesd --max-requests says how often each may.",
  };
}

const SAVED_SECONDS = 4;

/** So many are looked through for those that have paid. */
const MANY_ACCOUNTS = 10_000;

/**
 * What one certificate may cost the others: to read, check, compare and store a long report takes tenths of a second in
 * which nobody else is served. Some at once may be so, again and again not.
 */
export class WorkBudget {
  readonly #settings: WorkSettings;
  readonly #spent: LeakyBuckets;

  constructor(settings: WorkSettings) {
    this.#settings = settings;
    const { perSecond, now: clock } = settings;
    this.#spent = new LeakyBuckets({ perSecond, clock, leastKept: MANY_ACCOUNTS });
  }

  /** How many are kept of whom something is to be paid, or was a while ago. */
  get accounts(): number {
    return this.#spent.size;
  }

  /** True when `spend` would refuse it now. */
  isSpent(who: string, amount: number): boolean {
    return amount > this.#settings.free && this.#beyond(this.#spent.levelOf(who), amount) > 0;
  }

  /** @throws JamesError SERVER_BUSY with the time when there is room for it */
  spend(who: string, amount: number): void {
    const { free, perSecond } = this.#settings;
    if (amount <= free) return;
    const account = this.#spent.of(who);
    const beyond = this.#beyond(account.level, amount);
    if (beyond > 0) throw this.#busy(who, (beyond * 1000) / perSecond);
    account.level += amount;
  }

  /** How much is too much. One that is more than all is let through when nothing was spent. */
  #beyond(spent: number, amount: number): number {
    return spent > 0 ? spent + amount - this.#settings.most : 0;
  }

  #busy(who: string, retryAfterMs: number): JamesError {
    const { does, hint } = this.#settings;
    return new JamesError("SERVER_BUSY", `${who} ${does}`, { hint, retryAfterMs: Math.ceil(retryAfterMs) });
  }
}
