import { setTimeout as sleep } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import type { Result } from "../cli/command.ts";
import { News } from "./news.ts";

/** Of many events at once one look is enough. */
const LEAST_MS = 1000;

/** Looks again whenever something happened in the fleet, until the signal; while the server is away it says so under what was seen last. */
export async function* watchFleet(
  client: Client,
  look: () => Promise<Result>,
  signal: AbortSignal,
): AsyncGenerator<Result> {
  const news = new News(client);
  let last: Result | undefined;
  for (;;) {
    await news.next(signal);
    last = await look().catch((thrown: unknown) => stillSeen(last, thrown));
    yield last;
    await sleep(LEAST_MS, undefined, { signal });
  }
}

function stillSeen(last: Result | undefined, thrown: unknown): Result {
  if (last && thrown instanceof JamesError && thrown.class === "unavailable")
    return { ...last, notes: [`as it was: ${thrown.message}`] };
  throw thrown;
}
