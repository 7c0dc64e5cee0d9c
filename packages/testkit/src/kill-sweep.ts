import assert from "node:assert/strict";
import { drawn, IS_WHOLE, steps } from "./sweep.ts";

/** Which kills of one kind of calls are tried: about every `stride`-th of at most `most` in a sample, all in a whole sweep. */
interface KillPlan {
  readonly stride: number;
  readonly most: number;
  /** A sample has enough with so many kills of a kind. */
  readonly enough?: number;
}

/**
 * Has a program killed at its n-th call of each kind of calls, until it comes to its end unharmed. `tryAt` does it, looks
 * at what is left, and says whether it was killed. A sample has at least one kill of each kind that is called at all.
 * Gives how many kills there were of each.
 * @throws AssertionError when nothing was killed at all: then nothing was tried
 */
export async function killAtCalls<K extends string>(
  label: string,
  kinds: readonly K[],
  plan: KillPlan | ((calls: K) => KillPlan),
  tryAt: (calls: K, n: number) => Promise<boolean>,
): Promise<ReadonlyMap<K, number>> {
  const kills = new Map<K, number>();
  for (const calls of kinds) {
    const { stride, most, enough = Infinity } = typeof plan === "function" ? plan(calls) : plan;
    const numbers = steps(`${label} ${calls}`, stride, most);
    kills.set(calls, await killsOf(`${label} ${calls}`, numbers, enough, (n) => tryAt(calls, n)));
  }
  assert.ok([...kills.values()].some(Boolean), `${label}: nothing was killed`);
  return kills;
}

async function killsOf(
  label: string,
  numbers: Iterable<number>,
  enough: number,
  tryAt: (n: number) => Promise<boolean>,
): Promise<number> {
  let [count, beyond] = [0, 1];
  for (const n of numbers) {
    beyond = n;
    if (!(await tryAt(n))) break;
    count += 1;
    if (!IS_WHOLE && count === enough) break;
  }
  // There are fewer calls than the sample steps over: one of those before is tried, whichever there is.
  while (!IS_WHOLE && count === 0 && beyond > 1) {
    beyond = 1 + (drawn(label, "before", beyond) % (beyond - 1));
    if (await tryAt(beyond)) count = 1;
  }
  return count;
}
