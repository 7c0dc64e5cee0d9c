import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { discardAreas } from "./area.ts";
import type { Context } from "./context.ts";
import type { Journal } from "./journal.ts";
import type { StageRecord } from "./journal-record.ts";
import type { Layout } from "./layout.ts";

/**
 * Throws away what could have led to the other outcome. Only when the outcome is written. The journal goes last: while it is
 * there, the next start goes on with what is left.
 */
export function cleanUp(
  context: Context,
  journal: Journal,
  transaction: Pick<StageRecord, "id" | "areas"> | undefined,
): void {
  const { layout, root, packets, state } = context;
  const { ended, failures, apps } = state.saved;
  // When state.json is damaged now, a half-empty area must not be taken for files that were not set aside.
  if (ended && ended.id === transaction?.id && ended.outcome !== "stuck")
    journal.tryToNote({ record: "clear", outcome: ended.outcome });
  discardAreas(transaction?.areas ?? [], layout, root);
  packets.keepOnly(new Set(apps.map(({ digest }) => digest)));
  // Once a plan has committed nothing that was fetched is wanted any more; after a failure it is.
  if (failures === null) forgetFetched(layout);
  journal.remove();
  root.forget();
}

/** Deletes what was fetched and can be fetched again. */
export function forgetFetched({ fetched }: Layout): void {
  for (const name of readdirSync(fetched)) rmSync(join(fetched, name), { force: true });
}
