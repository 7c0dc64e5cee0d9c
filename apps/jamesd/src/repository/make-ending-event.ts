import type { EndingCertificate, NewEvent } from "./event.ts";

/** What ends soon, or has ended. */
export interface Ending {
  /** Certificates of the server's own files. */
  readonly server: readonly EndingCertificate[];
  /** How many devices need another one, and the first of them. */
  readonly devices: number;
  readonly ids: readonly string[];
}

/** Certificates end: the server says so, at a time in milliseconds since the epoch. */
export function certificatesEnd(ending: Ending, time: number): NewEvent {
  return { kind: "certificates-end", author: "jamesd", address: "localhost", time, ...ending };
}
