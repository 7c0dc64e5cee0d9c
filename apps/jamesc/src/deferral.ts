import type { Digest } from "@jamesd/model";
import type { PlanMessage, Transaction } from "@jamesd/protocol";
import { planDeferral } from "./backoff.ts";

/** A plan that failed and is not wanted again before `until` (milliseconds of the clock that is handed in). */
export interface Deferral {
  readonly target: Digest;
  readonly revision: number;
  readonly failures: number;
  readonly until: number;
}

/** What is deferred after a transaction ended: nothing when it was committed. */
export function deferralAfter(
  before: Deferral | undefined,
  transaction: Transaction,
  now: number,
  random: number,
): Deferral | undefined {
  if (transaction.outcome === "committed") return undefined;
  const { target, revision } = transaction;
  const failures = before?.target === target ? before.failures + 1 : 1;
  return { target, revision, failures, until: now + planDeferral(failures, random) };
}

/** The target to say `deferred` of in a check-in at `now`. */
export function deferredTarget(deferral: Deferral | undefined, now: number): Digest | undefined {
  return deferral && now < deferral.until ? deferral.target : undefined;
}

/** True for the very plan that failed, before its time; the same target in a newer revision is a new order. */
export function isDeferred(deferral: Deferral | undefined, plan: PlanMessage, now: number): boolean {
  return deferredTarget(deferral, now) === plan.target && deferral?.revision === plan.revision;
}
