import type { Digest } from "@jamesd/model";
import type { BlobHold } from "./blob-store.ts";

/** The blobs that are held, and while a collection goes on, those that were held since it began. */
export class Holds {
  readonly #held = new Set<Hold>();
  /** What was released during the collection; undefined when none goes on. */
  #released: Set<Digest> | undefined;

  take(): Hold {
    const hold = new Hold(() => {
      if (!this.#held.delete(hold)) return;
      for (const digest of hold.digests) this.#released?.add(digest);
    });
    this.#held.add(hold);
    return hold;
  }

  isHeld(digest: Digest): boolean {
    return this.#released?.has(digest) || [...this.#held].some(({ digests }) => digests.has(digest));
  }

  /** Runs a collection; one at a time. */
  async during<T>(collection: () => Promise<T>): Promise<T> {
    this.#released = new Set();
    try {
      return await collection();
    } finally {
      this.#released = undefined;
    }
  }
}

/** A hold with the blobs that were put with it. */
export class Hold implements BlobHold {
  readonly digests = new Set<Digest>();
  readonly release: () => void;

  constructor(release: () => void) {
    this.release = release;
  }

  add(digest: Digest): void {
    this.digests.add(digest);
  }
}
