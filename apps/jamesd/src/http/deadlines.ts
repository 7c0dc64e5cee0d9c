/** How long the server waits for the other side, in milliseconds. */
export interface Deadlines {
  /** For the handshake of a connection. */
  readonly handshake: number;
  /** For the body of a check-in to come whole. */
  readonly checkinBody: number;
  /** For the reader of a download to take something. */
  readonly stalledReader: number;
  /** For what is under way when the server stops. */
  readonly closing: number;
}

/** What a line that works at all can keep to. */
export const DEADLINES: Deadlines = {
  handshake: 10_000,
  checkinBody: 60_000,
  stalledReader: 60_000,
  closing: 10_000,
};
