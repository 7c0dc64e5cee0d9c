/** How long the server waits for the other side, in milliseconds. */
export interface Deadlines {
  /** For the body of a check-in to come whole. */
  readonly checkinBody: number;
}

/** What a line that works at all can keep to. */
export const DEADLINES: Deadlines = { checkinBody: 60_000 };
