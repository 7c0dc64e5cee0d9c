import type { Digest } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { BlobFile } from "./blob-files.ts";

const MAX_REMEMBERED = 100_000;

/** Which files of blobs were read whole and found sound, and what they looked like then. */
export class Soundness {
  readonly #sound: LRUCache<string, string>;
  /** Files that are being read, by path and look. */
  readonly #checking = new Map<string, Promise<boolean>>();
  readonly #found: (name: string, look: string) => void;

  /** @param found told of each that is noted; @param max so many are remembered */
  constructor(found: (name: string, look: string) => void = () => undefined, max = MAX_REMEMBERED) {
    this.#found = found;
    this.#sound = new LRUCache({ max });
  }

  /** Reads the whole of a file that has changed since that was last done; once for all who ask meanwhile. */
  async check(digest: Digest, file: BlobFile, read: () => Promise<Digest | undefined>): Promise<boolean> {
    if (this.#sound.get(file.name) === file.look) return true;
    const key = `${file.path} ${file.look}`;
    const checking = this.#checking.get(key) ?? this.#read(digest, file, read);
    this.#checking.set(key, checking);
    try {
      return await checking;
    } finally {
      this.#checking.delete(key);
    }
  }

  /** Notes that the blob is sound when the file of this name looks like this. */
  remember({ name, look }: Pick<BlobFile, "name" | "look">): void {
    this.#sound.set(name, look);
    this.#found(name, look);
  }

  forget(name: string): void {
    this.#sound.delete(name);
  }

  async #read(digest: Digest, file: BlobFile, read: () => Promise<Digest | undefined>): Promise<boolean> {
    if ((await read()) !== digest) return false;
    this.remember(file);
    return true;
  }
}
