import type { Readable } from "node:stream";
import type { Content, Digest, ErrorBody } from "@jamesd/model";

/** The bytes from `start` (counted from 0) to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What became of a blob: the content that its name says, something else, or nothing. */
export type BlobHealth = "sound" | "damaged" | "missing";

/** How a blob is compressed for devices: under zstd (RFC 8878), or brotli (RFC 7932) for those that do not know that. */
export type DeviceForm = "zstd" | "brotli";

/** A blob as it is stored when that is compressed for devices. */
export interface CompressedBlob {
  readonly form: DeviceForm;
  /** Of what is stored, in bytes. */
  readonly size: number;
  open(range?: ByteRange): Promise<Readable>;
}

/** Blobs that are about to be needed. */
export interface BlobHold {
  /** One more; when it resolves, no collection deletes it any more. */
  add(digest: Digest): void | Promise<void>;
  release(): void;
}

/** What a thread is given that puts contents into the blob store of another one. */
export interface LoanTask {
  /** The folder of the blob store. */
  readonly dir: string;
  /** A folder for what the thread is writing. */
  readonly temporary: string;
}

/** What the thread says: which contents it is about to look for or to place, which file it knows to be sound, which it has compressed in a hurry, and that the disk failed. */
export type FromBorrower =
  | { readonly kind: "hold"; readonly digests: readonly Digest[] }
  | { readonly kind: "sound"; readonly name: string; readonly look: string }
  | { readonly kind: "hurried"; readonly digest: Digest }
  | { readonly kind: "failed"; readonly error: ErrorBody };

/** The answer to `hold`: the contents are held. */
export interface ToBorrower {
  readonly kind: "held";
}

/** What may be said of a content that is put, and heard of it. */
export interface PutHints {
  /** How long it is going to be, where that is known: it may then be compressed better. */
  readonly size?: number | undefined;
  /** What it is, where who puts it knows: it is not hashed again. */
  readonly known?: Content | undefined;
  /** Somebody waits for it: it is compressed as fast as can be, and for devices later (`recompress`). */
  readonly isHurried?: boolean;
  /** Told what it is when it was read to its end, which may be long before it is stored. */
  readonly named?: (name: Content) => void;
}

/** The right of another thread of this process to put contents. */
export interface BlobLoan {
  /** For the thread, to open the store with (`borrowFolderBlobStore`). */
  readonly task: LoanTask;
  /** Takes what the thread says. @returns what it is to be told */
  hear(message: FromBorrower): Promise<ToBorrower | undefined>;
  /** Clears away what the thread left half done; it must have ended. */
  end(): Promise<void>;
}

/** What a collection deleted. */
export interface Collected {
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Where file contents live, each once, named by its SHA-256. One contract suite (test/blob-store.contract.ts) runs over
 * every adapter.
 */
export interface BlobStore {
  /**
   * Stores a content in constant memory, compressed where that pays; one that is there already costs no second copy, and one that is damaged is replaced. A failure or a cut stream
   * leaves nothing visible. May be called many times at once, also for the same content. A chunk is kept for a while:
   * the source must not reuse its memory. Durable only after `flush`.
   * @param content one that is in memory whole is written by the thread that calls, which waits only for its sync
   */
  put(content: AsyncIterable<Uint8Array> | Uint8Array, hold?: BlobHold, hints?: PutHints): Promise<Content>;
  /** Keeps what is put with it from being collected until it is released: nothing needs those blobs yet. */
  hold(): BlobHold;
  /**
   * Lets another thread of this process put contents, with this hold. What it put is durable when its own `flush`
   * resolved.
   */
  lend(hold: BlobHold): Promise<BlobLoan>;
  /**
   * Makes every `put` that has resolved durable; nothing may be acknowledged before it resolves.
   * @throws JamesError STORE_CORRUPT when that failed, and for every put and flush from then on
   */
  flush(): Promise<void>;
  /** Length in bytes, or undefined when there is no such blob. */
  size(digest: Digest): Promise<number | undefined>;
  /** Says what became of a blob; reads the whole of one that was not read whole since it last changed. */
  check(digest: Digest): Promise<BlobHealth>;
  /** A whole blob that is not longer than `limit` bytes; undefined when it is longer. @throws JamesError BLOB_UNKNOWN, BLOB_DAMAGED */
  readSmall(digest: Digest, limit: number): Promise<Uint8Array | undefined>;
  /** Reads a blob or a part of it. What a person or a disk has changed since it was last read whole is not given. @throws JamesError BLOB_UNKNOWN, BLOB_DAMAGED */
  open(digest: Digest, range?: ByteRange): Promise<Readable>;
  /**
   * What is stored, when that is compressed for devices in one of these forms, to be given out as it is, under zstd
   * before brotli; undefined otherwise. Of one content and form these are always the same bytes, as long as it is there:
   * what was compressed in a hurry is not given out so.
   * @throws JamesError BLOB_UNKNOWN, BLOB_DAMAGED
   */
  compressed(digest: Digest, forms?: readonly DeviceForm[]): Promise<CompressedBlob | undefined>;
  /** Those that are known to be compressed in a hurry. */
  readonly hurried: ReadonlySet<Digest>;
  /** Has those become known that were put before this process began. */
  findHurried(): Promise<void>;
  /**
   * Compresses for devices: under zstd what was put in a hurry, or under brotli, beside that, whatever is compressed.
   * Durable when it resolves; until then, and when it fails, the content is there as it was. Nothing happens to what is
   * compressed so, or not there.
   * @param pace waited for before each block of some megabytes; when it rejects, that is thrown
   * @throws JamesError STORAGE_FULL, STORE_CORRUPT, BLOB_DAMAGED
   */
  recompress(digest: Digest, form?: DeviceForm, pace?: () => Promise<void>): Promise<void>;
  /**
   * Deletes every blob but those that `needed` names and those that were held at any time since this began. `needed` is
   * called once, after it began: whoever releases a hold has made known before who needs the blobs.
   */
  collect(needed: () => Promise<ReadonlySet<Digest>>): Promise<Collected>;
}

/** Bytes in memory as a content to put. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
