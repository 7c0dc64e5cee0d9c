import { type Content, type Digest, sha256 } from "@jamesd/model";
import { type BlobHold, oneChunk } from "../blobs/blob-store.ts";
import type { BorrowedBlobStore } from "../blobs/folder.ts";
import { readHead } from "../blobs/head.ts";

/** Contents up to this size are stored while the archive is read on; larger ones hold it up, to bound the memory. */
const SMALL_BYTES = 256 * 1024;

/** How many small contents may be on their way to the store. */
const IN_FLIGHT = 32;

/** Puts the files of one archive into a blob store, the small ones many at a time, so that each need not wait for its fsync. */
export class BlobSink {
  readonly #blobs: BorrowedBlobStore;
  readonly #hold: BlobHold;
  readonly #underway = new Map<Digest, Promise<void>>();
  #failure: { readonly thrown: unknown } | undefined;

  /** @param hold keeps what is taken from being collected */
  constructor(blobs: BorrowedBlobStore, hold: BlobHold) {
    this.#blobs = blobs;
    this.#hold = hold;
  }

  /** Takes a content and names it; a small one may still be on its way to the store. */
  async file(content: AsyncIterable<Uint8Array>, size?: number): Promise<Content> {
    this.#refuseAfterFailure();
    const { head, whole, rest } = await readHead(content, SMALL_BYTES);
    if (!whole) return await this.#blobs.put(rest, this.#hold, size);
    const bytes = Buffer.concat(head);
    const digest = sha256(bytes);
    if (!this.#underway.has(digest)) await this.#start(digest, bytes);
    return { digest, size: bytes.length };
  }

  /** Resolves when everything taken is in the store and durable. Rejects with the first failure. */
  async flush(): Promise<void> {
    await this.settle();
    this.#refuseAfterFailure();
    await this.#blobs.flush();
  }

  /** Resolves when nothing is on its way any more, whether it came through or not. */
  async settle(): Promise<void> {
    await Promise.all(this.#underway.values());
  }

  async #start(digest: Digest, bytes: Uint8Array): Promise<void> {
    while (this.#underway.size >= IN_FLIGHT) await Promise.race(this.#underway.values());
    this.#underway.set(digest, this.#put(digest, bytes));
  }

  /** Never rejects: a failure is kept for `flush`, where somebody waits for it. */
  async #put(digest: Digest, bytes: Uint8Array): Promise<void> {
    try {
      await this.#blobs.put(oneChunk(bytes), this.#hold, bytes.length);
    } catch (thrown) {
      this.#failure ??= { thrown };
    } finally {
      this.#underway.delete(digest);
    }
  }

  #refuseAfterFailure(): void {
    if (this.#failure) throw this.#failure.thrown;
  }
}
