import { type DocumentChange, type DocumentKey, documentName, isLive, JamesError, told } from "@jamesd/model";
import type { DocumentStore } from "../repository/document-store.ts";
import type { Rollout, RolloutDocument, RolloutEnding } from "../repository/rollout-store.ts";
import { Slices } from "../running/slices.ts";

/** So many are live at most, and so many count: each combination of them is judged beforehand. */
const MOST_LIVE = 4;
const MOST_COUNTING = 8;

/** The live ones that spread some of these documents, and the first of these that each does. */
export function liveWith(
  rollouts: readonly Rollout[],
  keys: readonly DocumentKey[],
): readonly { readonly rollout: Rollout; readonly document: RolloutDocument }[] {
  const names = new Set(keys.map(documentName));
  return rollouts.flatMap((rollout) => {
    if (!isLive(rollout.state)) return [];
    const document = rollout.documents.find((one) => names.has(documentName(one)));
    return document ? [{ rollout, document }] : [];
  });
}

/** A rollout of the same document stands in the way of a change. @returns ROLLOUT_ACTIVE */
export function rolloutActive({ revision, state }: Rollout, key: DocumentKey): JamesError {
  return new JamesError(
    "ROLLOUT_ACTIVE",
    `rollout ${revision}, which is ${state.status}, spreads the ${documentName(key)}`,
    {
      hint: "See get-rollout. --supersede begins anew with this change, --now ends it and gives all devices both at once.",
    },
  );
}

/** @throws JamesError ROLLOUT_LIMIT when one more cannot begin */
export function checkLimit(rollouts: readonly Rollout[], taken: readonly Rollout[]): void {
  const live = rollouts.filter(({ state }) => isLive(state)).length - taken.length;
  if (live < MOST_LIVE && rollouts.length < MOST_COUNTING) return;
  const what =
    live < MOST_LIVE ? `${rollouts.length} count, with those that were superseded` : `${live} are live`;
  throw new JamesError("ROLLOUT_LIMIT", `no more rollouts can begin: ${what}`, {
    hint: "Wait until one has finished, or end one; see list-rollouts.",
  });
}

/** Ends a rollout with a revision that everybody gets. */
export function ending({ revision, step, state, settings }: Rollout): RolloutEnding {
  return { revision, step, state: told(state, { kind: "supersede" }, settings.waves.length, 0) };
}

/** The revisions of those that count when some have ended: what was superseded counts as long as what took its place does. */
export function countingBut(rollouts: readonly Rollout[], ended: ReadonlySet<number>): ReadonlySet<number> {
  const counting = new Set<number>();
  // What was superseded is older.
  for (const { revision, state, supersedes } of [...rollouts].reverse()) {
    if (isLive(state) && !ended.has(revision)) counting.add(revision);
    if (counting.has(revision)) for (const one of supersedes) counting.add(one);
  }
  return counting;
}

/** What the documents of rollouts would change back to. */
export async function stableOf(
  rollouts: readonly Pick<Rollout, "documents">[],
  documents: Pick<DocumentStore, "get">,
): Promise<readonly DocumentChange[]> {
  const changes: DocumentChange[] = [];
  const slices = new Slices();
  for (const { kind, id, stable } of rollouts.flatMap((rollout) => rollout.documents)) {
    if (slices.isOver) await slices.next();
    const before = stable === 0 ? undefined : await documents.get({ kind, id }, stable);
    changes.push({ kind, id, content: before?.content ?? null });
  }
  return changes;
}
