import type { DocumentContent } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { BlamedApp, Changes, ListedRevision } from "../../desired/history.ts";
import type { RolloutHead } from "../../repository/rollout-store.ts";
import type { Answer } from "./answer.ts";
import { wireApps, wireKey, wirePlan, wirePolicy } from "./nouns.ts";

/** A revision. */
export function wireRevision(record: ListedRevision): Answer<wire.RevisionMessage> {
  const { number, parent, author, message, time, documents, changed, rollout, reverts, revertedBy, ends } =
    record;
  return {
    ...{ number, parent, author, message, time, documents: documents.map(wireKey), changed },
    ...(rollout && { rollout: wireStanding(rollout) }),
    ...(reverts && { revertsTo: reverts.to }),
    ...(revertedBy !== undefined && { revertedBy }),
    ...(ends.length > 0 && { ends: [...ends] }),
  };
}

/** How a rollout stands. */
export function wireStanding({ state, settings, endedBy }: RolloutHead): Answer<wire.RolloutStanding> {
  return { status: state.status, wave: state.wave, waves: settings.waves.length, endedBy };
}

/** The documents that differ between two revisions. */
export function wireChanges({ from, to, changes }: Changes): Answer<wire.Changes> {
  const differing = changes.map(({ before, after, ...key }) => ({
    ...wireKey(key),
    before: before && wireContent(before),
    after: after && wireContent(after),
  }));
  return { from, to, changes: differing };
}

/** Which revision brought an app. */
export function wireBlamed(blamed: BlamedApp): Answer<wire.Blame>[number] {
  const { name, tags, revision, author, message, time } = blamed;
  return { ...wireKey(blamed), name, tags, revision, author, message, time };
}

function wireContent({ selector, apps, policy, rollout }: DocumentContent) {
  const wishes = { selector, apps: wireApps(apps), policy: wirePolicy(policy) };
  return rollout ? { ...wishes, rollout: wirePlan(rollout) } : wishes;
}
