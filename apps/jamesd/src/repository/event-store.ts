import type { Tag } from "@jamesd/model";
import type { Event, EventKind, NewEvent } from "./event.ts";

/** Which events to read. */
export interface EventQuery {
  /** Only those about this device, and the revisions that concern it or devices with its tags. */
  readonly device?: { readonly id: string; readonly tags: readonly Tag[] } | undefined;
  /** Only those of one of these kinds, of which there is at least one. */
  readonly kinds?: readonly EventKind[] | undefined;
  /** Only those at this time, in milliseconds since the epoch, or later. */
  readonly since?: number | undefined;
  /** Only those before this time. */
  readonly until?: number | undefined;
  /** Only those with a larger sequence. */
  readonly after?: number | undefined;
  /** Only those with a smaller sequence. */
  readonly before?: number | undefined;
  /** At the most so many; fewer also when they are long together. */
  readonly limit: number;
  /** The last of them instead of the first. */
  readonly isLast: boolean;
}

/** The event log. */
export interface EventStore {
  /**
   * Events by their sequence; an empty page is the end. Who has read an event has been shown all with smaller sequences:
   * none of them appears later. Of one device there are the newest only, so that none fills the log.
   */
  page(query: EventQuery): Promise<readonly Event[]>;
  /** Writes an event that tells of nothing that was changed. */
  add(event: NewEvent): Promise<void>;
  /**
   * Deletes the events before a time, in milliseconds since the epoch, and none that is more than `spanMs` later than the
   * oldest. @returns how many
   */
  expire(before: number, spanMs: number): Promise<number>;
  /** Has a listener called after there may be new events. @returns what ends that */
  onNews(listener: () => void): () => void;
}
