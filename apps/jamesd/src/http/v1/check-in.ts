import { clipError, type DeviceState, type DriftReport, FORMATS } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { Later, Order, PlanOrder } from "../../device/order.ts";
import type { Preparing, Report, ScriptRun, Transaction, Waiting } from "../../device/report.ts";
import type { Answer } from "./answer.ts";
import { wireError, wireInstalled, wirePolicy, wireStep, wireWindows } from "./nouns.ts";

/** What a check-in reports. */
export function reportOf(checkin: wire.Checkin): Report {
  const { digest, state, transaction, followed, agent, features, instance } = checkin;
  const { deferred, retryInMs, waiting, preparing } = checkin;
  const { drift, verifying, verified, unmerged, clockOff } = checkin;
  return {
    digest,
    ...(state && { state: stateOf(state) }),
    ...(transaction && { transaction: reportedOf(transaction) }),
    ...(followed && { followed: sealed(followed) }),
    ...(agent !== undefined && { agent }),
    ...(features && { features }),
    ...(deferred !== undefined && { deferred }),
    ...(drift && { drift: driftOf(drift) }),
    ...(verifying !== undefined && { verifying }),
    ...(verified !== undefined && { verified }),
    ...(retryInMs !== undefined && { retryInMs }),
    ...(instance !== undefined && { instance }),
    ...(unmerged && { unmerged }),
    ...(waiting && { waiting: waitingOf(waiting) }),
    ...(preparing && { preparing: preparingOf(preparing) }),
    ...(clockOff !== undefined && { clockOff }),
  };
}

/** What a device is told; nothing when there is nothing to do. */
export function wireOrder(order: Exclude<Order, Later> | undefined): Answer<wire.CheckinReply> | undefined {
  if (!order) return undefined;
  if (order.plan) return { plan: wirePlan(order.plan) };
  if ("verify" in order) return { verify: order.verify };
  if ("renew" in order) return { renew: true };
  return "leave" in order ? { replaced: true } : { need: "state" };
}

/** Why a device waits: said in the same words both ways. */
export function waitingOf({ revision, why, until, go }: Waiting): Waiting {
  return { revision, why, ...(until !== undefined && { until }), ...(go !== undefined && { go }) };
}

/** The plan that a device prepares: said in the same words both ways. */
export function preparingOf({ target, revision, bytes, total, go }: Preparing): Preparing {
  return {
    target,
    revision,
    ...(bytes !== undefined && { bytes }),
    ...(total !== undefined && { total }),
    ...(go !== undefined && { go }),
  };
}

/** How the carrying-out of a plan ended: this version says it in the words of the server. Where they part, this does not compile. */
export function wireTransaction(transaction: Transaction): Answer<wire.Transaction> {
  return transactionOf(transaction);
}

// The device's own words: nobody has to send ours.
function reportedOf({ error, ...transaction }: wire.Transaction): Transaction {
  return transactionOf({ ...transaction, ...(error && { error: clipError(error) }) });
}

function transactionOf(transaction: Transaction): Transaction {
  const { id, target, revision, outcome, started, durationMs, attempt, scripts, error } = transaction;
  const { repair, reinstall } = transaction;
  return {
    ...{ id, target, revision, outcome, started, durationMs, attempt, scripts: scripts.map(runOf) },
    ...(repair && { repair }),
    ...(reinstall !== undefined && { reinstall }),
    ...(error && {
      error: { ...wireError(error), ...(error.step && { step: wireStep(error.step) }) },
    }),
  };
}

function wirePlan(plan: PlanOrder): Answer<wire.PlanMessage> {
  const { target, revision, steps, apps, policy, windows, go, seal, retry, repair, reinstall } = plan;
  return {
    format: FORMATS.plan,
    target,
    revision,
    steps: steps.map(wireStep),
    apps: apps.map(wireInstalled),
    policy: wirePolicy(policy),
    ...(windows.length > 0 && { windows: wireWindows(windows) }),
    ...(go && { go: { id: go.id, breakLock: go.breakLock } }),
    ...(seal !== undefined && { seal }),
    ...(retry !== undefined && { retry }),
    ...(repair && { repair }),
    ...(reinstall && { reinstall: { id: reinstall.id, app: reinstall.app } }),
  };
}

/** How a device differs from what its packets have: this version says it in the words of the model. */
export function driftOf({ count, repairable, apps, paths, checked, full }: DriftReport): Answer<wire.Drift> {
  return {
    ...{ count, repairable, checked, full },
    apps: apps.map(({ name, count, kinds }) => ({ name, count, kinds: { ...kinds } })),
    paths: paths.map(({ app, path, kinds }) => ({ app, path, kinds: [...kinds] })),
  };
}

function stateOf({ systemtags, apps }: NonNullable<wire.Checkin["state"]>): DeviceState {
  return { systemtags, apps: apps.map(wireInstalled) };
}

function sealed({ revision, seal }: wire.Followed) {
  return { revision, ...(seal !== undefined && { seal }) };
}

function runOf({ app, script, exitCode, signal, durationMs, output, undo }: ScriptRun): ScriptRun {
  return { app, script, exitCode, signal, durationMs, output, undo };
}
