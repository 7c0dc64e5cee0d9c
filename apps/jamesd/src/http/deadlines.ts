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
  /** For a device to come back that has ended its last connection, and lets its check-ins be held at other times. */
  readonly comeBack: number;
  /** For what is under way when the server stops. */
  readonly closing: number;
}

/** What a line that works at all can keep to. */
export const DEADLINES: Deadlines = {
  handshake: 10_000,
  headers: 60_000,
  body: 60_000,
  stalledReader: 60_000,
  // The agent of a small device is started for what there is to do, while nobody waits for it.
  comeBack: 10_000,
  closing: 10_000,
};
