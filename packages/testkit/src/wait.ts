import { setTimeout as sleep } from "node:timers/promises";

/** Asks again and again until the answer is not undefined. Gives up loudly: the bound is for hangs, not for speed. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  limitMs = 60_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
    await sleep(30);
  }
}
