import { setTimeout as sleep } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import type { Client, ShownEvent } from "@jamesd/protocol";

/** Which events to read. */
export interface EventsRequest {
  readonly device?: string | undefined;
  /** Kinds with commas in between. */
  readonly kinds?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Of what is there already, only the last so many. */
  readonly last?: number | undefined;
  /** Go on with what comes. */
  readonly follow: boolean;
}

/** A page that begins after a sequence, or the last of those before one. */
interface Place {
  readonly after?: number;
  readonly last?: number;
  readonly before?: number;
}

/** So long the server is asked to wait for an event; it may wait shorter. */
const WAIT_SECONDS = 60;
/** So long an answer may take, in which the server says nothing while it waits. */
const ANSWER_MS = 90_000;
/** Who follows asks at most so often while there is nothing, also when the server is away or does not hold requests. */
const RETRY_MS = 1000;

/** Reads the event log, oldest first; when it follows, it ends only by the signal, and survives the server's restarts. */
export async function* readEvents(
  client: Client,
  request: EventsRequest,
  signal: AbortSignal,
): AsyncGenerator<ShownEvent> {
  const { follow, last } = request;
  const ask = (place: Place): Promise<readonly ShownEvent[]> => askPage(client, request, place, signal);
  let after = 0;
  if (last !== undefined)
    for (const event of await lastEvents(ask, last)) {
      yield event;
      after = event.sequence;
    }
  if (last !== undefined && !follow) return;
  let hasAnswered = last !== undefined;
  for (;;) {
    const asked = performance.now();
    const page: readonly ShownEvent[] | undefined = await ask({ after }).catch((thrown: unknown) => {
      if (follow && hasAnswered && JamesError.from(thrown).class === "unavailable") return undefined;
      throw thrown;
    });
    if (page) {
      hasAnswered = true;
      if (page.length === 0 && !follow) return;
      yield* page;
      after = page.at(-1)?.sequence ?? after;
    }
    const restMs = page ? RETRY_MS - (performance.now() - asked) : RETRY_MS;
    if (!page?.length && restMs > 0) await sleep(restMs, undefined, { signal });
  }
}

/** The last events that there are, in as many pages as they take. */
async function lastEvents(
  ask: (place: Place) => Promise<readonly ShownEvent[]>,
  most: number,
): Promise<readonly ShownEvent[]> {
  let events: readonly ShownEvent[] = [];
  while (events.length < most) {
    const [oldest] = events;
    const page = await ask({ last: most - events.length, ...(oldest && { before: oldest.sequence }) });
    if (page.length === 0) break;
    events = [...page, ...events];
  }
  return events;
}

function askPage(
  client: Client,
  { device, kinds, since, until, follow }: EventsRequest,
  { after, last, before }: Place,
  signal: AbortSignal,
): Promise<readonly ShownEvent[]> {
  return client.call("listEvents", {
    query: {
      device,
      kinds,
      since: since?.toString(),
      until: until?.toString(),
      after: after?.toString(),
      last: last?.toString(),
      before: before?.toString(),
    },
    headers: follow && last === undefined ? { prefer: `wait=${WAIT_SECONDS}` } : {},
    timeoutMs: ANSWER_MS,
    signal,
  });
}
