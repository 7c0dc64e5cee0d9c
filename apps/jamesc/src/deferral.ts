import { type Digest, UNUSABLE } from "@jamesd/model";
import { type AnyPlan, isKnownPlan, type Transaction, type Waiting } from "@jamesd/protocol/device";
import { planDeferral } from "./backoff.ts";
import type { NotYet } from "./transaction/index.ts";

/** A plan that failed, or may not be begun yet, and is not wanted again before `until` (milliseconds of the clock that is handed in). */
export interface Deferral {
  readonly target: Digest;
  readonly revision: number;
  readonly failures: number;
  /** Id of the transaction that failed; undefined when none has. */
  readonly transaction: string | undefined;
  /** Id of the failed transaction that an operator wanted tried again, when this one was that try. */
  readonly retried: string | undefined;
  readonly until: number;
  /** Why it may not be begun, when it did not fail. */
  readonly waiting?: Waiting | undefined;
  /** The device is in between: no other plan can be carried out either. */
  readonly isStuck: boolean;
}

/** A plan that failed before the agent was started. */
export interface Failed extends Pick<Deferral, "target" | "revision" | "failures"> {
  /** Id of the transaction that failed. */
  readonly id: string;
  /** When: milliseconds since the epoch, by the device's clock. */
  readonly at: number;
}

/**
 * What is still deferred after a restart at `today` (milliseconds since the epoch): a restart is no reason to try again,
 * and a script that ends the agent itself must not be begun at every start.
 */
export function deferralOf(failed: Failed, today: number, now: number, random: number): Deferral {
  const { id, at, target, revision, failures } = failed;
  // A device without a clock of its own starts in the past: then it is not known how long ago that was.
  const gone = Math.max(0, today - at);
  const until = now + Math.max(0, planDeferral(failures, random) - gone);
  return { target, revision, failures, transaction: id, retried: undefined, until, isStuck: false };
}

/** What is deferred after a transaction ended: nothing when it was committed. */
export function deferralAfter(
  before: Deferral | undefined,
  transaction: Transaction,
  now: number,
  random: number,
  retried?: string,
): Deferral | undefined {
  if (transaction.outcome === "committed") return undefined;
  const { id, target, revision } = transaction;
  const failures = before?.target === target ? before.failures + 1 : 1;
  // Whether a state directory can be used again is one look, which undoes nothing and crashes nobody; and no wish of an
  // operator comes to a device that cannot say what it has.
  const pauses = id.startsWith(UNUSABLE) ? 1 : failures;
  return {
    target,
    revision,
    failures,
    transaction: id,
    retried,
    until: now + planDeferral(pauses, random),
    isStuck: transaction.outcome === "stuck",
  };
}

/** A plan that is prepared and may not be begun before `until`; `before` is what was deferred of the same target. */
export function deferralUntil(
  until: number,
  plan: AnyPlan,
  { why, opens }: NotYet,
  before: Deferral | undefined,
): Deferral {
  const { failures = 0, transaction } = before ?? {};
  const { target, revision, retry: retried } = plan;
  const go = goOf(plan);
  const waiting = {
    revision,
    why,
    ...(opens !== undefined && { until: Math.ceil(opens) }),
    ...(go !== undefined && { go }),
  };
  return { target, revision, failures, transaction, retried, until, waiting, isStuck: false };
}

/** What a check-in says of a deferral. */
export interface Deferred {
  readonly target: Digest;
  /** Milliseconds; undefined: not known. */
  readonly retryInMs?: number;
  readonly waiting?: Waiting | undefined;
}

/** A server takes no longer time. */
const LONGEST_SAID_MS = 365 * 24 * 60 * 60 * 1000;

/** What to say `deferred` of in a check-in at `now`. */
export function deferredAt(deferral: Deferral | undefined, now: number): Deferred | undefined {
  if (!deferral || now >= deferral.until) return undefined;
  const { target, until, waiting } = deferral;
  return {
    target,
    retryInMs: Math.min(Math.ceil(until - now), LONGEST_SAID_MS),
    ...(waiting && { waiting }),
  };
}

/**
 * True for the very plan that failed, before its time, and for every plan while the device is stuck. The same target in
 * a newer revision is a new order, and so is an operator's wish for another try, once.
 */
export function isDeferred(deferral: Deferral | undefined, plan: AnyPlan, now: number): boolean {
  const isWished = plan.retry !== undefined && plan.retry === deferral?.transaction;
  if (isWished && plan.retry !== deferral.retried) return false;
  if (deferral === undefined || now >= deferral.until) return false;
  // Not what failed before, but what an operator wants now; it waits for its window as any other plan.
  if (isKnownPlan(plan) && plan.reinstall && !deferral.isStuck && !deferral.waiting) return false;
  const go = goOf(plan);
  if (deferral.waiting && go !== undefined && go !== deferral.waiting.go) return false;
  return deferral.isStuck || (deferral.target === plan.target && deferral.revision === plan.revision);
}

/** Id of the wish of an operator that a plan be begun now. */
export function goOf(plan: AnyPlan): string | undefined {
  return isKnownPlan(plan) ? plan.go?.id : undefined;
}
