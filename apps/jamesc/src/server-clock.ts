import { isoTime } from "@jamesd/model";
import type { Logger } from "./log.ts";

/** Clocks that differ by less are as good as the same: answers take their time, and windows are minutes long at the least. */
const LEAST_OFF_MS = 5 * 60_000;

/** By how much the clock of this device differs from that of the server, as far as answers tell. */
export class ServerClock {
  readonly #log: Pick<Logger, "info" | "warn">;
  #off: number | undefined;

  constructor(log: Pick<Logger, "info" | "warn">) {
    this.#log = log;
  }

  /** By how many milliseconds this one is ahead, below 0 behind; undefined when they are as good as the same, or it is not known. */
  get off(): number | undefined {
    return this.#off;
  }

  /** An answer of the server came at `now`, which it wrote at `server`; both in milliseconds since the epoch. */
  heard(server: number, now: number): void {
    const off = now - server;
    if (Math.abs(off) < LEAST_OFF_MS) {
      if (this.#off !== undefined) this.#log.info("the clock is that of the server again");
      this.#off = undefined;
      return;
    }
    // What is told stays the same until it is another: each answer came a little later than the one before.
    if (this.#off !== undefined && Math.abs(off - this.#off) < LEAST_OFF_MS) return;
    this.#off = off;
    this.#log.warn(
      {
        clock: isoTime(now),
        server: isoTime(server),
        hint: "See which of them is wrong, and set it, by NTP where there is a network: maintenance windows, certificates and times of what happened go by it.",
      },
      "the clock of this device is not that of the server",
    );
  }
}
