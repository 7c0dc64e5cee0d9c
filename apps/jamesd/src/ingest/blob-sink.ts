import { type Content, type Digest, sha256 } from "@jamesd/model";
import type { BlobHold } from "../blobs/blob-store.ts";
import type { BorrowedBlobStore } from "../blobs/folder.ts";
import { readHead } from "../blobs/head.ts";
import { joined } from "../blobs/joined.ts";

/** Contents up to this size are read whole, and stored while the archive is read on, many at a time. */
const SMALL_BYTES = 2 ** 20;

/** How many small contents may be on their way to the store. */
const IN_FLIGHT = 32;
/** How many bytes of them, but for the one that is more: they are held in memory. */
const BYTES_IN_FLIGHT = 2 ** 23;

/** How many larger ones: the next is read while what is left of the one before is compressed and synced. Each takes some megabytes. */
const LARGE_IN_FLIGHT = 2;

/** The names of so many are made durable together, while the archive is read on: in the end there are few left. */
const NAMES_TOGETHER = 16;

/** Puts the files of one archive into a blob store, several at a time, so that none has to wait for the fsync of another. */
export class BlobSink {
  readonly #blobs: BorrowedBlobStore;
  readonly #hold: BlobHold;
  readonly #underway = new Map<Digest, Promise<void>>();
  #bytesUnderway = 0;
  readonly #large = new Set<Promise<void>>();
  #named = 0;
  #naming: Promise<void> = Promise.resolve();
  #failure: { readonly thrown: unknown } | undefined;

  /** @param hold keeps what is taken from being collected */
  constructor(blobs: BorrowedBlobStore, hold: BlobHold) {
    this.#blobs = blobs;
    this.#hold = hold;
  }

  /** Takes a content and names it; it may still be on its way to the store. */
  async file(content: AsyncIterable<Uint8Array>, size?: number): Promise<Content> {
    this.#refuseAfterFailure();
    const { head, whole, rest } = await readHead(content, SMALL_BYTES);
    if (!whole) return await this.#putLarge(rest, size);
    const bytes = joined(head);
    const name = { digest: sha256(bytes), size: bytes.length };
    if (!this.#underway.has(name.digest)) await this.#start(name, bytes);
    return name;
  }

  /** Resolves when everything taken is in the store and durable. Rejects with the first failure. */
  async flush(): Promise<void> {
    await this.settle();
    this.#refuseAfterFailure();
    await this.#blobs.flush();
  }

  /** Resolves when nothing is on its way any more, whether it came through or not. */
  async settle(): Promise<void> {
    await Promise.all([...this.#underway.values(), ...this.#large]);
    await this.#naming;
  }

  async #start(known: Content, bytes: Uint8Array): Promise<void> {
    const { digest, size } = known;
    while (this.#isFull(size)) await Promise.race(this.#underway.values());
    this.#bytesUnderway += size;
    const put = this.#blobs.put(bytes, this.#hold, { size, known, isHurried: true });
    this.#underway.set(
      digest,
      this.#outcome(put).finally(() => {
        this.#underway.delete(digest);
        this.#bytesUnderway -= size;
      }),
    );
  }

  #isFull(more: number): boolean {
    const { size } = this.#underway;
    return size >= IN_FLIGHT || (size > 0 && this.#bytesUnderway + more > BYTES_IN_FLIGHT);
  }

  /** Resolves when the content was read. */
  async #putLarge(content: AsyncIterable<Uint8Array>, size: number | undefined): Promise<Content> {
    while (this.#large.size >= LARGE_IN_FLIGHT) await Promise.race(this.#large);
    const { promise, resolve, reject } = Promise.withResolvers<Content>();
    const put = this.#blobs.put(content, this.#hold, { size, named: resolve, isHurried: true });
    // Of one that was not read to its end nobody else says what became of it.
    put.then(resolve, reject);
    const outcome = this.#outcome(put).finally(() => this.#large.delete(outcome));
    this.#large.add(outcome);
    return await promise;
  }

  /** Never rejects: a failure is kept for `flush`, where somebody waits for it. */
  async #outcome(put: Promise<Content>): Promise<void> {
    try {
      await put;
      this.#named += 1;
      if (this.#named % NAMES_TOGETHER === 0) this.#makeNamesDurable();
    } catch (thrown) {
      this.#failure ??= { thrown };
    }
  }

  /** What fails is told by the flush in the end: it tries again, or the store promises nothing more. */
  #makeNamesDurable(): void {
    this.#naming = this.#blobs.flush().catch(() => undefined);
  }

  #refuseAfterFailure(): void {
    if (this.#failure) throw this.#failure.thrown;
  }
}
