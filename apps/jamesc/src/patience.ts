import { JamesError } from "@jamesd/model";
import { pause } from "./pause.ts";

/** A server is not believed that it will be busy for longer. */
const LONGEST_WAIT_MS = 5 * 60_000;

/** So many refusals in a row are as good as a server that cannot be reached. */
const MOST_REFUSALS = 20;

/**
 * Asks again after each refusal that says when to (`Retry-After`).
 * @throws JamesError any other, and the last of too many in a row; the signal's reason, at once when it aborts
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  sleep: typeof pause = pause,
): Promise<T> {
  for (let refusals = 1; ; refusals += 1) {
    try {
      return await ask();
    } catch (thrown) {
      const ms = retryAfterOf(thrown);
      if (ms === undefined || refusals === MOST_REFUSALS) throw thrown;
      await sleep(Math.min(ms, LONGEST_WAIT_MS), signal);
      signal.throwIfAborted();
    }
  }
}

/** How long the other side wants to be left alone, when that is what an error says. */
export function retryAfterOf(thrown: unknown): number | undefined {
  return thrown instanceof JamesError && thrown.class === "unavailable" ? thrown.retryAfterMs : undefined;
}
