import type { InstalledApp } from "@jamesd/model";
import type { Context } from "../context.ts";
import { attempt } from "./attempt.ts";
import { fetchDelta, type HeldDelta, takeDelta } from "./fetch-delta.ts";
import type { Remote } from "./remote.ts";
import type { Wanted } from "./wanted.ts";

/** How long deltas that are being made are waited for, all together: one of a hundred megabytes takes half a minute. */
const WAIT_MS = 120_000;

/**
 * Fetches a delta for each app that is to change its packet, and keeps the packet that comes of it. Deltas only save
 * bytes: whatever is wrong with one is logged, and what it would have brought is fetched whole.
 */
export async function fetchDeltas(
  context: Context,
  apps: readonly InstalledApp[],
  remote: Remote,
  signal: AbortSignal,
): Promise<readonly HeldDelta[]> {
  const held: HeldDelta[] = [];
  const until = performance.now() + WAIT_MS;
  for (const { name, digest } of apps) {
    const app = context.state.saved.apps.find((installed) => installed.name === name);
    const old = app && app.digest !== digest ? context.packets.find(app.digest) : undefined;
    if (!old) continue;
    await attempt("delta", context, signal, async () => {
      const delta = await fetchDelta(old, digest, context, {
        remote,
        waitMs: Math.max(0, until - performance.now()),
        signal,
      });
      if (!delta) return;
      held.push({ ...delta, next: context.packets.take(digest, delta.next) });
      context.options.log({ event: "delta", app: name, bytes: delta.blob.size });
    });
  }
  return held;
}

/** Makes what deltas can make; gives what is still missing. */
export async function takeDeltas(
  deltas: readonly HeldDelta[],
  missing: readonly Wanted[],
  context: Context,
  signal: AbortSignal,
): Promise<readonly Wanted[]> {
  const left = new Set(missing);
  for (const delta of deltas)
    await attempt("delta", context, signal, () =>
      takeDelta(delta, [...left], context, (wanted) => left.delete(wanted), signal),
    );
  return [...left];
}
