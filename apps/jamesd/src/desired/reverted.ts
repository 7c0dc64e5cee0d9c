import { type DocumentChange, documentName, JamesError, sameWishes } from "@jamesd/model";
import type { Current } from "../fleet/current.ts";
import type { Repository } from "../repository/repository.ts";
import type { ListedRollout } from "../repository/rollout-store.ts";
import { Slices } from "../running/slices.ts";

type Source = Pick<Repository, "rollouts" | "documents">;

/**
 * Refuses what a rollout brought that was reverted, as long as nothing else was said of the document since: what applies the
 * same files again and again would give it to everybody. @throws JamesError ROLLOUT_REVERTED
 */
export async function refuseReverted(
  changes: readonly DocumentChange[],
  before: Current,
  source: Source,
): Promise<void> {
  const [any] = await source.rollouts.list({ isLive: false, limit: 1 });
  if (!any) return;
  const slices = new Slices();
  for (const change of changes) {
    if (slices.isOver) await slices.next();
    const { kind, id } = change;
    const [last] = await source.rollouts.list({ document: { kind, id }, isLive: false, limit: 1 });
    if (last && isLastWord(last, before(change)?.revision) && (await brought(last, change, source)))
      throw rolloutReverted(last, `the ${documentName(change)} says again what it said then`);
  }
}

/** @returns ROLLOUT_REVERTED */
export function rolloutReverted({ revision, endedBy }: ListedRollout, what: string): JamesError {
  const by = endedBy === null ? "" : ` by revision ${endedBy}`;
  return new JamesError("ROLLOUT_REVERTED", `rollout ${revision} was reverted${by}, and ${what}`, {
    hint: "Repair it first; --again spreads it once more as it is.",
  });
}

/** Nothing was said of a document since it was made as before. @param revision of what it says now, if it is there */
function isLastWord({ state, endedBy }: ListedRollout, revision: number | undefined): boolean {
  return state.status === "reverted" && (revision === undefined || revision === endedBy);
}

async function brought(
  { revision, supersedes }: ListedRollout,
  { kind, id, content }: DocumentChange,
  { documents }: Source,
): Promise<boolean> {
  for (const number of [revision, ...supersedes]) {
    const said = await documents.get({ kind, id }, number);
    if (sameWishes(said?.content ?? null, content)) return true;
  }
  return false;
}
