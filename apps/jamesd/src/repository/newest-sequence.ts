import type { EventStore } from "./event-store.ts";

/** The sequence of the newest event of a log; 0 when there is none. */
export async function newestSequence(events: Pick<EventStore, "page">): Promise<number> {
  const [newest] = await events.page({ limit: 1, isLast: true });
  return newest?.sequence ?? 0;
}
