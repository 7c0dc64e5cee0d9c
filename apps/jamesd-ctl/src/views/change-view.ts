import type { Table } from "@jamesd/config/print";
import {
  type ContentDifference,
  type Digest,
  type DocumentDifference,
  diffContents,
  documentDifferenceRows,
  type PacketDifference,
  planView,
  policyView,
  sameTags,
  shortDigest,
  type Tag,
  tagText,
} from "@jamesd/model";
import type { Applied, Impact, PacketTags } from "@jamesd/protocol";
import { stepTexts } from "./step-text.ts";

/** What applying or reverting did, or would do. */
export function appliedView(
  { revision, documents, unchanged, impact, packets, waves }: Applied,
  isDry: boolean,
) {
  return {
    ...(isDry ? { dryRun: true, currentRevision: revision } : { revision }),
    documents: documents.map(({ kind, id, action }) => ({ kind, id, action })),
    unchanged,
    ...(waves && { waves: waves.map(({ wave, devices }) => ({ wave, devices })) }),
    ...impactView(impact, packets),
  };
}

/** What a change means for the fleet. */
export function impactView(
  { devices, connected, unsatisfiable, groups, more }: Impact,
  packets: PacketTags | undefined,
) {
  return {
    devices,
    connected,
    ...(unsatisfiable > 0 && { unsatisfiable }),
    groups: groups.map(({ devices, ids, steps, bytes, problem }) => ({
      devices,
      ids: ids.length < devices ? [...ids, "…"] : ids,
      ...(problem
        ? { problem: problem.message, hint: problem.hint ?? "" }
        : { bytes, steps: stepTexts(steps, packets) }),
    })),
    ...(more > 0 && { moreGroups: more }),
  };
}

/** What differs, for `--output yaml` and `json`. */
export function differenceView({ kind, id, before, after }: DocumentDifference) {
  const { apps, selector, policy, rollout } = diffContents(before, after);
  return {
    kind,
    id,
    change: before === null ? "created" : after === null ? "removed" : "changed",
    ...(selector && { selector }),
    ...(policy && { policy: { before: policyView(policy.before), after: policyView(policy.after) } }),
    ...(rollout && { rollout: planDifference(rollout) }),
    apps,
  };
}

/** What differs, one line each. */
export function differenceTable(differences: readonly DocumentDifference[]): Table {
  return {
    columns: ["kind", "id", "what", "before", "after"],
    rows: differences.flatMap(documentDifferenceRows),
  };
}

function planDifference({ before, after }: NonNullable<ContentDifference["rollout"]>) {
  return { before: before ? planView(before) : null, after: after ? planView(after) : null };
}

/** What a device has and should have of an app; when the tags are the same, also which packets that are. */
export function packetTexts({ before, after, packets }: PacketDifference): readonly [string, string] {
  const isSame = before && after && sameTags(before, after);
  const text = (tags: readonly Tag[] | null, digest: Digest | null): string =>
    isSame && digest ? `${tagText(tags)} (packet ${shortDigest(digest)})` : tagText(tags);
  return [text(before, packets.before), text(after, packets.after)];
}
