import { setTimeout } from "node:timers/promises";
import type { BlobHold, BlobStore, StoredBlob } from "./blobs/blob-store.ts";
import { Turns } from "./turns.ts";

/** Blobs that may wait to be made; who asks for more gets none, and fetches what the packet needs without. */
const MAX_WAITING = 100;

export interface MadeBlobsOptions {
  readonly blobs: BlobStore;
  /** Told what could not be made. */
  readonly failed: (thrown: unknown) => void;
}

/** How a blob is found, or else made. */
export interface Recipe {
  /** What is known of it: null when there is none to be had, undefined when nothing is known. */
  readonly known: () => Promise<StoredBlob | null | undefined>;
  /** Makes it, durably, and makes known that it is there, or that there is none to be had. */
  readonly make: (hold: BlobHold, signal: AbortSignal) => Promise<StoredBlob | null | undefined>;
}

/** Blobs that only save bytes: each is made when it is first asked for, once for all devices, one at a time. */
export class MadeBlobs {
  readonly #options: MadeBlobsOptions;
  readonly #underway = new Map<string, Promise<StoredBlob | undefined>>();
  readonly #turns = new Turns();
  readonly #stop = new AbortController();

  constructor(options: MadeBlobsOptions) {
    this.#options = options;
  }

  /**
   * The blob of this key; waits for one that is being made.
   * @returns undefined when there is none, or not before `waitMs` have passed or the signal says that nobody waits
   */
  async get(
    key: string,
    recipe: Recipe,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<StoredBlob | undefined> {
    const known = await recipe.known();
    if (known === null) return undefined;
    // A damaged one is made anew.
    if (known && (await this.#options.blobs.check(known.digest)) === "sound") return known;
    const making = this.#make(key, recipe);
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

  #make(key: string, recipe: Recipe): Promise<StoredBlob | undefined> | undefined {
    const underway = this.#underway.get(key);
    if (underway || this.#underway.size >= MAX_WAITING || this.#stop.signal.aborted) return underway;
    const making = this.#turns
      .take("one at a time", () => this.#store(recipe))
      .catch((thrown: unknown) => {
        if (!this.#stop.signal.aborted) this.#options.failed(thrown);
        return undefined;
      })
      .finally(() => this.#underway.delete(key));
    this.#underway.set(key, making);
    return making;
  }

  async #store({ make }: Recipe): Promise<StoredBlob | undefined> {
    this.#stop.signal.throwIfAborted();
    const hold = this.#options.blobs.hold();
    try {
      return (await make(hold, this.#stop.signal)) ?? undefined;
    } finally {
      hold.release();
    }
  }
}
