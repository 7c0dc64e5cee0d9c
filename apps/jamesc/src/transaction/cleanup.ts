import type { DeviceParts } from "./device-parts.ts";
import { naming } from "./disk/device-error.ts";
import { forgetFetched } from "./fetch/fetched.ts";
import type { Journal } from "./journal/journal.ts";
import type { StageRecord } from "./journal/journal-record.ts";
import { clearAreas } from "./leftover.ts";
import { endTrial } from "./own/trial.ts";
import { disarmAreas } from "./switch/disarm.ts";
import { giveBack } from "./switch/give-back.ts";

/**
 * Throws away what could have led to the other outcome. Only when the outcome is written. What was fetched goes when the
 * transaction committed; else it waits for the next try. Then the journal goes: while it is there, the next start goes on
 * with what is left. A trial, if there is one, ends last: without a journal nothing is proved by it.
 */
export function cleanUp(
  parts: DeviceParts,
  journal: Journal,
  transaction: Pick<StageRecord, "id" | "areas"> | undefined,
): void {
  const { layout, root, store, state } = parts;
  const { ended, apps } = state.saved;
  const outcome = ended && ended.id === transaction?.id ? ended.outcome : undefined;
  // When state.json is damaged now, a half-empty area must not be taken for files that were not set aside.
  if (outcome !== undefined && outcome !== "stuck") journal.tryToNote({ record: "clear", outcome });
  if (outcome === "committed" || outcome === "rolled-back")
    disarmAreas(transaction?.areas ?? [], outcome, layout, root);
  if (outcome !== "committed") giveBack(transaction?.areas ?? [], layout, root);
  clearAreas(transaction?.areas ?? [], parts);
  naming("clear up", layout.stateDir, () => {
    if (outcome === "committed") {
      store.keepOnly(new Set(apps.map(({ digest }) => digest)));
      forgetFetched(layout);
    }
    journal.remove();
  });
  store.release();
  root.forget();
  endTrial(layout);
}
