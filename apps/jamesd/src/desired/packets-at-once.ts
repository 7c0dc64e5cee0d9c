import type { Digest, Tag } from "@jamesd/model";
import type { PacketLimits } from "../packets/packets.ts";
import type { AtOnce, AtOnceChoice } from "./at-once.ts";
import type { LookAhead } from "./look-ahead.ts";

/** How many devices one packet more or less may give something else at once: the packets that fit best change without a revision, too. */
export class PacketsAtOnce implements PacketLimits {
  readonly #lookAhead: LookAhead;
  readonly #atOnce: AtOnce;

  constructor(lookAhead: LookAhead, atOnce: AtOnce) {
    this.#lookAhead = lookAhead;
    this.#atOnce = atOnce;
  }

  get areBounded(): boolean {
    return this.#atOnce.isBounded;
  }

  async addition(name: string, tags: readonly Tag[], choice: AtOnceChoice): Promise<void> {
    if (!this.areBounded || choice.now) return;
    const { devices } = await this.#lookAhead.addition(name, tags);
    this.#atOnce.check(devices, choice);
  }

  async removal(digest: Digest, choice: AtOnceChoice): Promise<void> {
    if (!this.areBounded || choice.now) return;
    const { devices } = await this.#lookAhead.removal(digest);
    this.#atOnce.check(devices, choice);
  }
}
