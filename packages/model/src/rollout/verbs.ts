import { JamesError } from "../error.ts";
import { isLive, opened, over, paused, type RolloutState, type RolloutStatus, resumed } from "./state.ts";

/** What people do with a rollout. */
export type RolloutVerb =
  | { readonly kind: "pause" | "approve" | "revert" | "supersede" }
  /** Goes on; refused as long as too many failed, unless these are excused. */
  | { readonly kind: "resume"; readonly isBreached: boolean }
  /** Opens every wave up to this one, whatever the gates say. */
  | { readonly kind: "promote"; readonly wave: number };

/** In which of its states a rollout can be told what. */
const FROM: Readonly<Record<RolloutVerb["kind"], readonly RolloutStatus[]>> = {
  pause: ["running", "waiting"],
  approve: ["waiting"],
  resume: ["paused"],
  promote: ["running", "waiting", "paused"],
  revert: ["running", "waiting", "paused"],
  supersede: ["running", "waiting", "paused"],
};

/**
 * Where a rollout is after somebody told it something.
 * @param waves how many it has @param nowMs in which the server ran since it began
 * @throws JamesError ROLLOUT_STATUS when that cannot be told it now, or changes nothing; then it is as before
 */
export function told(state: RolloutState, verb: RolloutVerb, waves: number, nowMs: number): RolloutState {
  if (!FROM[verb.kind].includes(state.status)) throw refused(state, verb);
  switch (verb.kind) {
    case "pause":
      return paused(state);
    case "approve":
      return opened(state, state.wave + 1, nowMs);
    case "resume":
      if (verb.isBreached) throw inBreach();
      return resumed(state, nowMs);
    case "promote":
      if (verb.wave <= state.wave || verb.wave > waves) throw noSuchWave(state, verb.wave, waves);
      return opened(state, verb.wave, nowMs);
    case "revert":
      return over(state, "reverted");
    case "supersede":
      return over(state, "superseded");
  }
}

/** What cannot be done with a rollout, or can. */
const DONE: Readonly<Record<RolloutVerb["kind"], string>> = {
  pause: "paused",
  approve: "approved",
  resume: "resumed",
  promote: "promoted",
  revert: "reverted",
  supersede: "superseded",
};

function refused(state: RolloutState, { kind }: RolloutVerb): JamesError {
  const can = (Object.keys(FROM) as RolloutVerb["kind"][]).filter((one) => FROM[one].includes(state.status));
  return new JamesError("ROLLOUT_STATUS", `a rollout that is ${state.status} cannot be ${DONE[kind]}`, {
    hint: isLive(state)
      ? `It can be ${can.map((one) => DONE[one]).join(", ")}.`
      : "It is over; a new revision begins another.",
  });
}

function inBreach(): JamesError {
  return new JamesError("ROLLOUT_STATUS", "it stays paused: more devices failed than may", {
    hint: "get-rollout --state failed shows them. Repair them, or excuse them with --accept.",
  });
}

function noSuchWave({ wave }: RolloutState, wanted: number, waves: number): JamesError {
  const isThere = wanted >= 1 && wanted <= waves;
  return new JamesError("ROLLOUT_STATUS", isThere ? `wave ${wanted} is open` : `there is no wave ${wanted}`, {
    hint: openableText(wave, waves),
  });
}

function openableText(wave: number, waves: number): string {
  if (wave >= waves) return "All waves are open.";
  return wave + 1 === waves ? `Wave ${waves} can be opened.` : `Waves ${wave + 1} to ${waves} can be opened.`;
}
