import {
  type DocumentChange,
  type DocumentContent,
  type DocumentKey,
  documentName,
  JamesError,
  sameWishes,
} from "@jamesd/model";
import type { Current } from "../fleet/current.ts";
import type { Repository } from "../repository/repository.ts";
import type { RolloutHead } from "../repository/rollout-store.ts";

type Source = Pick<Repository, "rollouts" | "documents">;

/** So many of the rollouts that are over, the last, are remembered. */
const LAST_ENDED = 100;

/**
 * Refuses what a rollout brought that was reverted, as long as nothing else was said of the document since: what applies the
 * same files again and again would give it to everybody. @throws JamesError ROLLOUT_REVERTED
 */
export async function refuseReverted(
  changes: readonly DocumentChange[],
  before: Current,
  source: Source,
): Promise<void> {
  const ended = await source.rollouts.heads({ isLive: false, limit: LAST_ENDED });
  for (const rollout of ended.filter(isReverted)) {
    // What was said of most documents since is known without reading anything.
    const untouched = changes.filter(
      (change) => (before(change)?.revision ?? rollout.endedBy) === rollout.endedBy,
    );
    if (untouched.length === 0) continue;
    const contents = await broughtBy(rollout, ended, source);
    for (const change of untouched) {
      const said = contents.get(documentName(change)) ?? [];
      if (!said.some((content) => sameWishes(content, change.content))) continue;
      const newest = before(change)?.revision ?? (await lastOf(change, source));
      if (newest === rollout.endedBy)
        throw rolloutReverted(rollout, `the ${documentName(change)} says again what it said then`);
    }
  }
}

/** The last rollout of a packet that was reverted, unless another one of it came after that. */
export async function revertedOf(packet: string, { rollouts }: Source): Promise<RolloutHead | undefined> {
  const ended = await rollouts.heads({ isLive: false, limit: LAST_ENDED });
  const last = ended.find((one) => one.packet === packet);
  return last && isReverted(last) ? last : undefined;
}

/** @returns ROLLOUT_REVERTED */
export function rolloutReverted({ revision, endedBy }: RolloutHead, what: string): JamesError {
  const by = endedBy === null ? "" : ` by revision ${endedBy}`;
  return new JamesError("ROLLOUT_REVERTED", `rollout ${revision} was reverted${by}, and ${what}`, {
    hint: "Repair it first; --again spreads it once more as it is.",
  });
}

function isReverted({ state }: RolloutHead): boolean {
  return state.status === "reverted";
}

/** What a rollout, and those whose place it took, said of documents, by their names. */
async function broughtBy(
  { revision }: RolloutHead,
  ended: readonly RolloutHead[],
  { documents }: Source,
): Promise<ReadonlyMap<string, readonly (DocumentContent | null)[]>> {
  const revisions = [revision];
  // What was superseded may have taken the place of others.
  for (const one of revisions) {
    const taken = ended.find((rollout) => rollout.revision === one)?.supersedes ?? [];
    for (const older of taken) if (!revisions.includes(older)) revisions.push(older);
  }
  const brought = new Map<string, (DocumentContent | null)[]>();
  for (const one of revisions)
    for (const version of await documents.madeIn({ after: one - 1, upTo: one })) {
      const said = brought.get(documentName(version)) ?? [];
      brought.set(documentName(version), [...said, version.content]);
    }
  return brought;
}

/** The revision that removed a document that is not there. */
async function lastOf({ kind, id }: DocumentKey, { documents }: Source): Promise<number | undefined> {
  return (await documents.versions({ kind, id })).at(-1)?.revision;
}
