import type { ShownEvent } from "@jamesd/protocol";
import { query } from "../logic/query.ts";
import { ask } from "./api.ts";

/** A page of events. */
const PAGE = 1000;
/** So many are read for a picture; older ones are left out. */
const MOST = 5000;

/** Events of a bounded time, oldest first. */
export interface Log {
  readonly events: readonly ShownEvent[];
  /** From when on it has them all. */
  readonly from: number;
  /** That is since when they were asked for. */
  readonly isWhole: boolean;
}

interface Wanted {
  readonly kinds: readonly string[];
  readonly since: number;
  readonly until?: number | undefined;
}

/** Reads the newest events of some kinds since a time, as many as are good for a picture. @throws Refusal */
export async function readLog({ kinds, since, until }: Wanted, signal?: AbortSignal): Promise<Log> {
  let events: readonly ShownEvent[] = [];
  while (events.length < MOST) {
    const path = query("/v1/events", {
      kinds: kinds.join(","),
      since,
      until,
      before: events[0]?.sequence,
      last: PAGE,
    });
    const page = await ask<readonly ShownEvent[]>(path, signal && { signal });
    if (page.length === 0) return { events, from: since, isWhole: true };
    events = [...page, ...events];
  }
  return { events, from: events[0]?.time ?? since, isWhole: false };
}
