import { type DocumentChange, type DocumentKey, documentName, isLive, JamesError, told } from "@jamesd/model";
import type { DocumentStore } from "../repository/document-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Rollout, RolloutDocument, RolloutEnding } from "../repository/rollout-store.ts";
import { Slices } from "../running/slices.ts";

/** So many are live at most, and so many count: each combination of them is judged beforehand. */
const MOST_LIVE = 4;
const MOST_COUNTING = 8;
/** So many are live, and so many count, of one operator of a part of the fleet; and the last is for who has the whole fleet: no part keeps all others from it. */
const MOST_OF_PART = { live: 2, counting: 4 };

/** The live ones that spread some of these documents, and the first of these that each does. */
export function liveWith(
  rollouts: readonly Rollout[],
  keys: readonly DocumentKey[],
): readonly { readonly rollout: Rollout; readonly document: RolloutDocument }[] {
  const live = rollouts.filter(({ state }) => isLive(state));
  if (live.length === 0) return [];
  const names = new Set(keys.map(documentName));
  return live.flatMap((rollout) => {
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

/** @throws JamesError ROLLOUT_LIMIT when somebody cannot begin one more in the place of these */
export function checkLimit(
  rollouts: readonly Rollout[],
  taken: readonly Rollout[],
  { author, scope }: Pick<Origin, "author" | "scope">,
): void {
  const ended = new Set(taken.map(({ revision }) => revision));
  const live = rollouts.filter(({ state, revision }) => isLive(state) && !ended.has(revision));
  if (live.length >= MOST_LIVE) throw atLimit(`${live.length} are live`);
  if (rollouts.length >= MOST_COUNTING) throw atLimit(`${rollouts.length} count, ${SUPERSEDED}`);
  if (scope) checkPart(live, rollouts, author);
}

const SUPERSEDED = "with those that were superseded";

function checkPart(live: readonly Rollout[], counting: readonly Rollout[], author: string): void {
  const ownOf = (rollouts: readonly Rollout[]) => rollouts.filter((one) => one.author === author).length;
  const who = `${author}, who has a part of the fleet,`;
  const last = "and the last is for who has the whole fleet";
  if (ownOf(live) >= MOST_OF_PART.live) throw atLimit(`${who} began ${ownOf(live)}`);
  if (ownOf(counting) >= MOST_OF_PART.counting)
    throw atLimit(`${who} began ${ownOf(counting)} that count, ${SUPERSEDED}`);
  if (live.length >= MOST_LIVE - 1) throw atLimit(`${live.length} are live, ${last}`);
  if (counting.length >= MOST_COUNTING - 1) throw atLimit(`${counting.length} count, ${SUPERSEDED}, ${last}`);
}

function atLimit(what: string): JamesError {
  return new JamesError("ROLLOUT_LIMIT", `no more rollouts can begin: ${what}`, {
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

/** Those whose place rollouts took, and those took before, of all that count. */
export function olderOf(
  rollouts: readonly Pick<Rollout, "supersedes">[],
  all: readonly Rollout[],
): readonly Rollout[] {
  const taken = rollouts.flatMap(({ supersedes }) =>
    all.filter(({ revision }) => supersedes.includes(revision)),
  );
  return taken.length === 0 ? [] : [...taken, ...olderOf(taken, all)];
}
