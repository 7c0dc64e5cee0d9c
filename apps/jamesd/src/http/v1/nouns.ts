import type {
  App,
  DesiredState,
  DocumentKey,
  GivenRollout,
  InstalledApp,
  Policy,
  Spec,
  Step,
  Window,
} from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { TransactionError } from "../../device/report.ts";
import type { Event } from "../../repository/event.ts";
import type { Answer } from "./answer.ts";

/** The nouns that many answers have. */

/** An installed app. */
export function wireInstalled({ name, tags, digest }: InstalledApp) {
  return { name, tags, digest };
}

/** The apps of a document. */
export function wireApps(apps: readonly App[]) {
  return apps.map(({ name, tags }) => ({ name, tags }));
}

/** How a transaction is to be done. */
export function wirePolicy({
  confirm,
  unowned,
  owners,
  drift,
  removal,
  window,
}: Policy): Answer<wire.PlanMessage>["policy"] {
  return {
    ...(confirm && { confirm }),
    ...(unowned && { unowned }),
    ...(owners && { owners }),
    ...(drift && { drift }),
    ...(removal && { removal }),
    ...(window && { window: window === "always" ? window : window.map(wireWindow) }),
  };
}

function wireWindow({ days, from, to, zone }: Window) {
  return { ...(days && { days }), from, to, ...(zone !== undefined && { zone }) };
}

/** When a device may change. */
export function wireWindows(lists: readonly (readonly Window[])[]) {
  return lists.map((list) => list.map(wireWindow));
}

/** A step of a plan. */
export function wireStep(step: Step): Step {
  const { kind, app, packet } = step;
  return kind === "script" ? { kind, script: step.script, app, packet } : { kind, app, packet };
}

/** What went wrong. */
export function wireError({ code, message, hint }: Omit<TransactionError, "step">) {
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** Which document is meant. */
export function wireKey({ kind, id }: DocumentKey) {
  return { kind, id };
}

/** A desired state. */
export function wireDesired({ id, revision, apps, policy }: DesiredState) {
  return { id, revision, apps: wireApps(apps), policy: wirePolicy(policy) };
}

/** A spec. */
export function wireSpec(spec: Spec): Answer<wire.ReplyOf<"getSpec">> {
  const { selector, rollout } = spec;
  return { ...wireDesired(spec), selector, ...(rollout && { rollout: wirePlan(rollout) }) };
}

/** How a change spreads, as it was said. */
export function wirePlan({
  waves,
  success,
  failures,
  attempts,
  inFlight,
  ...given
}: GivenRollout): GivenRollout {
  const { bakeMs, silenceMs, patienceMs, approve, onFailure } = given;
  return {
    ...{ waves, success, failures, bakeMs, silenceMs, patienceMs },
    ...{ attempts, inFlight, approve, onFailure },
  };
}

/** An event as it goes over the wire: this version says them in the words of the log. Where they part, this does not compile. */
export function wireEvent(event: Event): Answer<wire.Event> {
  return event;
}
