import type { Digest } from "@jamesd/model";
import type { PlanMessage, Transaction } from "@jamesd/protocol";
import { planDeferral } from "./backoff.ts";

/** A plan that failed and is not wanted again before `until` (milliseconds of the clock that is handed in). */
export interface Deferral {
  readonly target: Digest;
  readonly revision: number;
  readonly failures: number;
  /** Id of the transaction that failed. */
  readonly transaction: string;
  /** Id of the failed transaction that an operator wanted tried again, when this one was that try. */
  readonly retried: string | undefined;
  readonly until: number;
  /** The device is in between: no other plan can be carried out either. */
  readonly isStuck: boolean;
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
  return {
    target,
    revision,
    failures,
    transaction: id,
    retried,
    until: now + planDeferral(failures, random),
    isStuck: transaction.outcome === "stuck",
  };
}

/** The target to say `deferred` of in a check-in at `now`. */
export function deferredTarget(deferral: Deferral | undefined, now: number): Digest | undefined {
  return deferral && now < deferral.until ? deferral.target : undefined;
}

/**
 * True for the very plan that failed, before its time, and for every plan while the device is stuck. The same target in a newer revision is a new order, and so is an
 * operator's wish for another try, once.
 */
export function isDeferred(deferral: Deferral | undefined, plan: PlanMessage, now: number): boolean {
  const isWished = plan.retry !== undefined && plan.retry === deferral?.transaction;
  if (isWished && plan.retry !== deferral.retried) return false;
  if (deferral === undefined || now >= deferral.until) return false;
  return deferral.isStuck || (deferral.target === plan.target && deferral.revision === plan.revision);
}
