import type { Content, Digest } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { MadeStore } from "../repository/made-store.ts";

/** When a blob was last asked for is written so often: to lose the last of it changes little of who goes first. */
const NOTE_EVERY_MS = 60 * 60_000;
const MAX_NOTED = 10_000;
/** When so large a part of the room was emptied, its files are deleted before the next collection. */
const COLLECT_AT = 1 / 4;

export interface MadeRoomOptions {
  readonly made: Pick<MadeStore, "use" | "evict">;
  /** Of all blobs that were made together, before they are compressed. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Deletes the blobs that nothing needs any more. */
  readonly collect: () => Promise<unknown>;
}

/** The room on the disk for blobs that the server made: what was not asked for longest goes first. */
export class MadeRoom {
  readonly #options: MadeRoomOptions;
  readonly #noted = new LRUCache<Digest, number>({ max: MAX_NOTED });
  #emptied = 0;

  constructor(options: MadeRoomOptions) {
    this.#options = options;
  }

  /** Notes that a blob is asked for. */
  async use({ digest }: Content): Promise<void> {
    if (this.#options.now() - (this.#noted.get(digest) ?? 0) >= NOTE_EVERY_MS) await this.#note(digest);
  }

  /** Makes room for a blob that was just made. @returns false when there is none for one of its size */
  async make({ digest, size }: Content): Promise<boolean> {
    const { made, maxBytes, collect } = this.#options;
    await this.#note(digest);
    this.#emptied += await made.evict(maxBytes);
    if (this.#emptied > maxBytes * COLLECT_AT) {
      this.#emptied = 0;
      // Nobody waits for it; who collects says what failed.
      collect().catch(() => undefined);
    }
    return size <= maxBytes;
  }

  async #note(digest: Digest): Promise<void> {
    const now = this.#options.now();
    this.#noted.set(digest, now);
    await this.#options.made.use(digest, now);
  }
}
