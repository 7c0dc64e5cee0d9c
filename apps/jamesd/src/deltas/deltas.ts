import { type Content, type Digest, JamesError, type Packet } from "@jamesd/model";
import type { BlobHold } from "../blobs/blob-store.ts";
import type { Catalogue } from "../packets/catalogue.ts";
import {
  type Asking,
  type IsToGet,
  MadeBlobs,
  type MadeBlobsOptions,
  type Recipe,
} from "../packets/made-blobs.ts";
import type { MadeStore } from "../repository/made-store.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import { DeltasAhead, type PacketPair } from "./ahead.ts";
import { type DeltaLimits, storeDelta } from "./make-delta.ts";

export interface DeltasOptions extends MadeBlobsOptions {
  readonly catalogue: Catalogue;
  readonly made: Pick<MadeStore, "delta" | "saveDelta">;
  readonly packets: Pick<PacketStore, "get">;
  readonly isToGet: IsToGet;
  readonly limits: DeltaLimits;
}

/** Deltas between packets of one name. */
export class Deltas {
  readonly #options: DeltasOptions;
  readonly #made: MadeBlobs;
  readonly #ahead: DeltasAhead;

  constructor(options: DeltasOptions) {
    this.#options = options;
    this.#made = new MadeBlobs(options);
    this.#ahead = new DeltasAhead({
      isNeeded: (pair) => this.#isNeeded(pair),
      make: ({ base, target }) => this.#made.ahead(`${base} ${target}`, this.#recipe(base, target)),
      failed: options.failed,
    });
  }

  /**
   * The delta that turns one packet into another; waits for one that is being made. It is made for a device only that has
   * the one and is to get the other.
   * @returns undefined when there is none, or not before `waitMs` have passed or the signal says that nobody waits
   */
  async get(base: Digest, target: Digest, asking: Omit<Asking, "isNeeded">): Promise<Content | undefined> {
    if (!this.#isPair(base, target)) return undefined;
    const isNeeded = await this.#options.isToGet(asking.who, target, base);
    return await this.#made.get(`${base} ${target}`, this.#recipe(base, target), { ...asking, isNeeded });
  }

  /** How many wait to be made before a device asks for them. */
  get waiting(): number {
    return this.#ahead.waiting;
  }

  /** Has deltas made before a device waits for them, as long as it is going to. */
  ahead(pairs: readonly PacketPair[]): void {
    if (this.#options.limits.maxMemory > 0) this.#ahead.add(pairs);
  }

  /** Has the deltas made to a packet from others that somebody names. */
  order(bases: readonly Digest[], target: Digest): void {
    this.ahead(bases.map((base) => ({ base, target, devices: Number.MAX_SAFE_INTEGER, ids: [] })));
  }

  /** Gives up what is being made, and waits for that. */
  async close(): Promise<void> {
    await Promise.all([this.#ahead.close(), this.#made.close()]);
  }

  #recipe(base: Digest, target: Digest): Recipe {
    return {
      known: () => this.#options.made.delta(base, target),
      make: (hold, stop) => this.#make(base, target, hold, stop),
    };
  }

  async #isNeeded({ base, target, ids }: PacketPair): Promise<boolean> {
    if (!this.#isPair(base, target)) return false;
    for (const id of ids) if (await this.#options.isToGet(id, target, base)) return true;
    return ids.length === 0;
  }

  async #make(
    base: Digest,
    target: Digest,
    hold: BlobHold,
    signal: AbortSignal,
  ): Promise<Content | null | undefined> {
    const { made, blobs, limits } = this.#options;
    const [old, next] = await Promise.all([this.#packet(base), this.#packet(target)]);
    const delta = await storeDelta(old, next, blobs, { hold, signal, limits });
    if (delta !== undefined) await made.saveDelta(base, target, delta);
    return delta;
  }

  #isPair(base: Digest, target: Digest): boolean {
    const [old, next] = [this.#options.catalogue.get(base), this.#options.catalogue.get(target)];
    return base !== target && old !== undefined && old.name === next?.name;
  }

  async #packet(digest: Digest): Promise<Packet> {
    const packet = await this.#options.packets.get(digest);
    if (packet) return packet;
    throw new JamesError("PACKET_UNKNOWN", `there is no packet ${digest}`);
  }
}
