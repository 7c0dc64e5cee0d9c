import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { discardAreas } from "./area.ts";
import type { Context } from "./context.ts";
import type { Area, Journal } from "./journal.ts";
import type { Layout } from "./layout.ts";

/** Throws away what could have led to the other outcome. Only when the outcome is written. */
export function cleanUp(context: Context, journal: Journal, areas: readonly Area[]): void {
  const { layout, root, packets, state } = context;
  discardAreas(areas, layout, root);
  journal.remove();
  packets.keepOnly(new Set(state.saved.apps.map(({ digest }) => digest)));
  // Once a plan has committed nothing that was fetched is wanted any more; after a failure it is.
  if (state.saved.failures === null) forgetFetched(layout);
  root.forget();
}

/** Deletes what was fetched and can be fetched again. */
export function forgetFetched({ fetched }: Layout): void {
  for (const name of readdirSync(fetched)) rmSync(join(fetched, name), { force: true });
}
