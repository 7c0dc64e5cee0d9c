import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 30;
const MOST_PAUSE_MS = 1_000;

/** Asks again and again until the answer is not undefined. Gives up loudly: the bound is for hangs, not for speed. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  limitMs = 60_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const asked = performance.now();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`);
    // Asking by a process takes what there is of the machine from those who are waited for.
    const tookMs = performance.now() - asked;
    await sleep(Math.min(MOST_PAUSE_MS, Math.max(PAUSE_MS, 2 * tookMs)));
  }
}
