import { setTimeout } from "node:timers/promises";
import { type Digest, JamesError, type Packet } from "@jamesd/model";
import type { Delta } from "@jamesd/protocol";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Catalogue } from "../catalogue.ts";
import type { Repository } from "../repository/repository.ts";
import { Turns } from "../turns.ts";
import { type DeltaLimits, storeDelta } from "./make-delta.ts";

/** Deltas that may wait to be made; who asks for more gets none, and fetches whole contents. */
const MAX_WAITING = 100;

export interface DeltasOptions {
  readonly catalogue: Catalogue;
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly limits: DeltaLimits;
  /** Told what could not be made. */
  readonly failed: (thrown: unknown) => void;
}

/** Deltas between packets of one name: each is made when it is first asked for, once for all devices, one at a time. */
export class Deltas {
  readonly #options: DeltasOptions;
  readonly #underway = new Map<string, Promise<Delta | undefined>>();
  readonly #turns = new Turns();
  readonly #stop = new AbortController();

  constructor(options: DeltasOptions) {
    this.#options = options;
  }

  /**
   * The delta that turns one packet into another; waits for one that is being made.
   * @returns undefined when there is none, or not before `waitMs` have passed or the signal says that nobody waits
   */
  async get(base: Digest, target: Digest, waitMs: number, signal: AbortSignal): Promise<Delta | undefined> {
    if (!this.#isPair(base, target)) return undefined;
    const known = await this.#options.repository.delta(base, target);
    if (known === null) return undefined;
    // A damaged one is made anew.
    if (known && (await this.#options.blobs.check(known.digest)) === "sound") return known;
    const making = this.#make(base, target);
    if (!making || waitMs === 0) return undefined;
    const over = new AbortController();
    const waited = setTimeout(waitMs, undefined, { signal: AbortSignal.any([signal, over.signal]) });
    try {
      return await Promise.race([making, waited.catch(() => undefined)]);
    } finally {
      over.abort();
    }
  }

  /** Gives up what is being made, and waits for that. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#underway.values());
  }

  #make(base: Digest, target: Digest): Promise<Delta | undefined> | undefined {
    const pair = `${base} ${target}`;
    const underway = this.#underway.get(pair);
    if (underway || this.#underway.size >= MAX_WAITING || this.#stop.signal.aborted) return underway;
    const making = this.#turns
      .take("one at a time", () => this.#store(base, target))
      .catch((thrown: unknown) => {
        if (!this.#stop.signal.aborted) this.#options.failed(thrown);
        return undefined;
      })
      .finally(() => this.#underway.delete(pair));
    this.#underway.set(pair, making);
    return making;
  }

  async #store(base: Digest, target: Digest): Promise<Delta | undefined> {
    this.#stop.signal.throwIfAborted();
    const { repository, blobs, limits } = this.#options;
    const [old, next] = await Promise.all([this.#packet(base), this.#packet(target)]);
    const hold = blobs.hold();
    try {
      const delta = await storeDelta(old, next, blobs, { hold, signal: this.#stop.signal, limits });
      if (delta !== undefined) await repository.saveDelta(base, target, delta);
      return delta ?? undefined;
    } finally {
      hold.release();
    }
  }

  #isPair(base: Digest, target: Digest): boolean {
    const [old, next] = [this.#options.catalogue.get(base), this.#options.catalogue.get(target)];
    return base !== target && old !== undefined && old.name === next?.name;
  }

  async #packet(digest: Digest): Promise<Packet> {
    const packet = await this.#options.repository.packet(digest);
    if (packet) return packet;
    throw new JamesError("PACKET_UNKNOWN", `there is no packet ${digest}`);
  }
}
