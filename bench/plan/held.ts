import { setImmediate as turn } from "node:timers/promises";
import type { Scene } from "./scene.ts";

const HOLD_MS = 600_000;

/** Check-ins that the server holds. */
export interface Held extends AsyncDisposable {
  /** The devices that were answered, by id. */
  readonly answered: ReadonlySet<string>;
  /** Resolves when so many were. */
  until(count: number): Promise<void>;
}

/** Has devices check in, and waits until all are held, though they lack what they should have: they say that they leave that alone for now. */
export async function holdDevices({ fleet }: Scene, ids: readonly string[]): Promise<Held> {
  const stop = new AbortController();
  const answered = new Set<string>();
  const counts: { readonly count: number; readonly resolve: () => void }[] = [];
  const devices = await fleet.devices.getAll(ids);
  const checkIns = devices.map(async ({ id, stateDigest, target }) => {
    const checkin = { digest: stateDigest ?? "", ...(target && { deferred: target.digest }) };
    const origin = { author: id, address: "127.0.0.1", time: Date.now() };
    const waiting = { spendNews: () => undefined, waitMs: HOLD_MS, connection: 1, signal: stop.signal };
    const reply = await fleet.checkIns.answer(origin, checkin, waiting);
    if (reply === undefined) return;
    answered.add(id);
    for (const { count, resolve } of counts) if (answered.size >= count) resolve();
  });
  // Each waits for this before it is held.
  for (const { target } of devices) if (target) await fleet.targets.paths.check(target);
  while (!ids.every((id) => fleet.presence.isConnected(id))) await turn();
  await turn();
  return {
    answered,
    until: (count) => new Promise((resolve) => void counts.push({ count, resolve })),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(checkIns);
    },
  };
}
