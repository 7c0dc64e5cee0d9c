import type { TLSSocket } from "node:tls";
import { CheckInLine, type LineParts } from "./check-in-line.ts";

/** The connections over which devices check in. */
export class CheckInLines {
  readonly #lines = new WeakMap<TLSSocket, CheckInLine>();
  readonly #parts: LineParts;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  /** A connection; one over which nobody checked in before is one from now on. */
  of(socket: TLSSocket): CheckInLine {
    const known = this.#lines.get(socket);
    if (known) return known;
    const line = new CheckInLine(socket, this.#parts);
    this.#lines.set(socket, line);
    return line;
  }
}
