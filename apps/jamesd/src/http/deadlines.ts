/** How long the server waits for the other side, in milliseconds. */
export interface Deadlines {
  /** For the handshake of a connection. */
  readonly handshake: number;
  /** For the first bytes of a request, and the end of its headers. */
  readonly headers: number;
  /** For the body of a request to come whole, or 2 MiB more of it; for one that is streamed, to go on. */
  readonly body: number;
  /** For the reader of an answer to take something. */
  readonly stalledReader: number;
  /** For what is under way when the server stops. */
  readonly closing: number;
}

/** What a line that works at all can keep to. */
export const DEADLINES: Deadlines = {
  handshake: 10_000,
  headers: 60_000,
  body: 60_000,
  stalledReader: 60_000,
  closing: 10_000,
};
