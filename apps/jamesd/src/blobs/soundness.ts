import type { Digest } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { BlobFile } from "./blob-files.ts";

const MAX_REMEMBERED = 100_000;

/** Which blobs were read whole and found sound, and what their files looked like then. */
export class Soundness {
  readonly #sound: LRUCache<Digest, string>;
  /** Files that are being read, by path and look. */
  readonly #checking = new Map<string, Promise<boolean>>();
  readonly #found: (digest: Digest, look: string) => void;

  /** @param found told of each that is noted; @param max so many are remembered */
  constructor(found: (digest: Digest, look: string) => void = () => undefined, max = MAX_REMEMBERED) {
    this.#found = found;
    this.#sound = new LRUCache({ max });
  }

  /** Reads the whole of a file that has changed since that was last done; once for all who ask meanwhile. */
  async check(
    digest: Digest,
    { path, look }: BlobFile,
    read: () => Promise<Digest | undefined>,
  ): Promise<boolean> {
    if (this.#sound.get(digest) === look) return true;
    const key = `${path} ${look}`;
    const checking = this.#checking.get(key) ?? this.#read(digest, look, read);
    this.#checking.set(key, checking);
    try {
      return await checking;
    } finally {
      this.#checking.delete(key);
    }
  }

  /** Notes that the blob is sound when its file looks like this. */
  remember(digest: Digest, look: string): void {
    this.#sound.set(digest, look);
    this.#found(digest, look);
  }

  forget(digest: Digest): void {
    this.#sound.delete(digest);
  }

  async #read(digest: Digest, look: string, read: () => Promise<Digest | undefined>): Promise<boolean> {
    if ((await read()) !== digest) return false;
    this.remember(digest, look);
    return true;
  }
}
