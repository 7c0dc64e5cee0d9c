import { type Tag, waveText } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { Adopted, AdoptRequest } from "../../desired/adopt.ts";
import type { Applied, ApplyRequest, DesiredChange, RevertRequest } from "../../desired/change.ts";
import type { Impact } from "../../desired/impact.ts";
import type { Tagged } from "../../desired/tagging.ts";
import type { Answer } from "./answer.ts";
import { wireError, wireKey, wireStep } from "./nouns.ts";

/** The tags of packets that steps name, by digest. */
export type PacketTags = Readonly<Record<string, readonly Tag[]>>;

/** Documents that are to change together. */
export function applyRequest({
  documents,
  remove,
  prune,
  pruneScopes,
  dryRun,
  message,
  rollout,
}: wire.Apply): ApplyRequest {
  const given = documents.map((document) => {
    const { kind, id, apps, policy, revision } = document;
    const ofSpec = kind === "spec" && { selector: document.selector, rollout: document.rollout };
    return { kind, id, ...ofSpec, apps, policy, revision };
  });
  return { documents: given, remove: remove.map(wireKey), prune, pruneScopes, dryRun, message, rollout };
}

/** What is to be as it was. */
export function revertRequest({ to, document, dryRun, message, rollout }: wire.Revert): RevertRequest {
  return { to, document: document && wireKey(document), dryRun, message, rollout };
}

/** What is to become of halted devices. */
export function adoptRequest({ ids, keep, dryRun, message, now }: wire.Adopt): AdoptRequest {
  return { ids, keep, dryRun, message, now };
}

/** What became of them. */
export function wireAdopted(adopted: Adopted): Answer<wire.Adopted> {
  const { revision, devices, connected, ids, refused, more } = adopted;
  const named = refused.map(({ id, problem }) => ({ id, problem: wireError(problem) }));
  return { revision, devices, connected, ids, refused: named, more };
}

/** What became of documents that change together. */
export function wireApplied(applied: Applied, packets: PacketTags): Answer<wire.Applied> {
  const { revision, documents, unchanged, impact, waves } = applied;
  return {
    revision,
    documents: documents.map((document) => ({ ...wireKey(document), action: document.action })),
    unchanged,
    impact: wireImpact(impact),
    packets,
    ...(waves && { waves: waves.map(({ wave, devices }) => ({ wave: waveText(wave), devices })) }),
  };
}

/** What became of the desired state of one device. */
export function wireDesiredChange(change: DesiredChange, packets: PacketTags): Answer<wire.DesiredChange> {
  const { revision, changed, target, steps, problem, warnings } = change;
  return {
    ...{ revision, changed, target, steps: steps.map(wireStep) },
    ...{ problem: problem && wireError(problem), warnings, packets },
  };
}

/** What became of the tags of a device. */
export function wireTagged({ tags, changed, impact }: Tagged, packets: PacketTags): Answer<wire.Tagged> {
  return { tags, changed, impact: wireImpact(impact), packets };
}

function wireImpact(impact: Impact): Answer<wire.Impact> {
  const { devices, connected, unsatisfiable, groups, more, warnings } = impact;
  return { devices, connected, unsatisfiable, groups: groups.map(wireGroup), more, warnings };
}

function wireGroup({ devices, ids, steps, bytes, problem }: Impact["groups"][number]) {
  return { devices, ids, steps: steps.map(wireStep), bytes, problem: problem && wireError(problem) };
}
