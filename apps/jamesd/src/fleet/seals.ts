import { createHmac, timingSafeEqual } from "node:crypto";
import type { Revision } from "@jamesd/model";
import type { Followed } from "../device/report.ts";

/** Digits of the MAC that a seal has: 128 bits. */
const MAC_DIGITS = 32;

/**
 * Seals of revisions: a device that carried one out sends its seal back, and by that the server sees which revision it was,
 * and that nobody else made the seal, also when a backup was restored since and the number was given again.
 */
export class Seals {
  readonly #key: Uint8Array;

  /** @param key the history's secret */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** The seal of a revision: its time, by which two of the same number differ, and a MAC of both. */
  of({ number, time }: Pick<Revision, "number" | "time">): string {
    return `${time}.${this.#mac(number, time)}`;
  }

  /** The time of the revision that a device followed, in milliseconds since the epoch; undefined when it is none of this history. */
  timeOf({ revision, seal = "" }: Followed): number | undefined {
    const [, digits = "", mac = ""] = /^(-?\d{1,16})\.([0-9a-f]{32})$/.exec(seal) ?? [];
    const time = Number(digits);
    const isOurs = mac !== "" && timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(revision, time)));
    return isOurs ? time : undefined;
  }

  #mac(number: number, time: number): string {
    return createHmac("sha256", this.#key)
      .update(`jamesd-revision-v1 ${number} ${time}`)
      .digest("hex")
      .slice(0, MAC_DIGITS);
  }
}
