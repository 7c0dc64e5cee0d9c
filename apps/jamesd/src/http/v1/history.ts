import type { DocumentContent } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { BlamedApp, Changes } from "../../desired/history.ts";
import type { RevisionRecord } from "../../repository/revision-store.ts";
import type { Answer } from "./answer.ts";
import { wireApps, wireKey, wirePlan, wirePolicy } from "./nouns.ts";

/** A revision. */
export function wireRevision(record: RevisionRecord): Answer<wire.RevisionMessage> {
  const { number, parent, author, message, time, documents, changed } = record;
  return { number, parent, author, message, time, documents: documents.map(wireKey), changed };
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
