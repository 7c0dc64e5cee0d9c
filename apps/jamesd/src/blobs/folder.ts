import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Content, type Digest, isDigest, sha256 } from "@jamesd/model";
import { Turns } from "../running/turns.ts";
import { damagedBlob, unknownBlob } from "./blob-errors.ts";
import { type BlobFile, BlobFiles, COMPRESSED, makeBlobFolder } from "./blob-files.ts";
import type {
  BlobHealth,
  BlobHold,
  BlobLoan,
  BlobStore,
  ByteRange,
  Collected,
  CompressedBlob,
  FromBorrower,
  LoanTask,
  PutHints,
} from "./blob-store.ts";
import {
  compress,
  contentSize,
  decompress,
  HEADER_BYTES,
  nameOfCompressed,
  paysToCompress,
  writeHeader,
} from "./compressed-file.ts";
import { Durability } from "./durability.ts";
import { errnoOf, storageError } from "./durable.ts";
import { readHead } from "./head.ts";
import { type Hold, Holds } from "./holds.ts";
import { inBlocks } from "./in-blocks.ts";
import { FolderLoan } from "./loan.ts";
import { hashStream, NamedContent } from "./named-content.ts";
import { readRange } from "./read-range.ts";
import { readUpTo } from "./read-up-to.ts";
import { Soundness } from "./soundness.ts";

const FSYNCS_IN_FLIGHT = 16;
/** Of a thread beside the one that answers: the four that do such work for all of the process must not all be busy with its. */
const BORROWED_FSYNCS = 3;

/** Contents up to this size are hashed before anything is written, so that one that is there costs no write. */
const HEAD_BYTES = 256 * 1024;

/** Is written at once. */
const WRITE_BYTES = 2 ** 20;

/** A content that is written, and how. */
interface Written {
  readonly content: AsyncIterable<Uint8Array>;
  readonly isCompressed: boolean;
  readonly hints: PutHints;
  /** What became of it, where that was looked for. */
  readonly health: BlobHealth | undefined;
}

/** Opens a blob store in a folder, made when missing (`BlobFiles`). One process may use a folder at a time. */
export async function openFolderBlobStore(dir: string): Promise<BlobStore> {
  await makeBlobFolder(dir);
  return new FolderBlobStore({ dir });
}

/** Opens the blob store in a folder only to read, beside a server that may be using it. */
export function readFolderBlobStore(dir: string): Pick<BlobStore, "check"> {
  return new FolderBlobStore({ dir });
}

/** What a thread puts into the blob store that another one lends it. */
export type BorrowedBlobStore = Pick<BlobStore, "put" | "flush">;

/** Opens the blob store that another thread lends. @param tell has that thread hear what it has to know */
export function borrowFolderBlobStore(
  task: LoanTask,
  tell: (message: Exclude<FromBorrower, { readonly kind: "hold" }>) => void,
): BorrowedBlobStore {
  const durability = new Durability(BORROWED_FSYNCS, (error) =>
    tell({ kind: "failed", error: error.toBody() }),
  );
  const sound = new Soundness((digest, look) => tell({ kind: "sound", digest, look }));
  return new FolderBlobStore(task, durability, sound);
}

/** Where the files of a store are. */
interface FolderParts {
  readonly dir: string;
  readonly temporary?: string;
}

class FolderBlobStore implements BlobStore {
  readonly #dir: string;
  readonly #files: BlobFiles;
  readonly #durability: Durability;
  readonly #holds = new Holds();
  readonly #turns = new Turns();
  readonly #sound: Soundness;

  constructor(
    { dir, temporary }: FolderParts,
    durability = new Durability(FSYNCS_IN_FLIGHT),
    sound = new Soundness(),
  ) {
    this.#dir = dir;
    this.#files = new BlobFiles(dir, temporary);
    this.#durability = durability;
    this.#sound = sound;
  }

  async put(content: AsyncIterable<Uint8Array>, hold?: BlobHold, hints: PutHints = {}): Promise<Content> {
    this.#durability.refuseAfterFailure();
    const { head, whole, rest } = await readHead(content, HEAD_BYTES);
    const named = whole ? nameOf(head) : undefined;
    const health = named && (await this.#look(named, hold));
    if (named && health === "sound") return named;
    return await this.#write({ content: rest, isCompressed: paysToCompress(head), hints, health }, hold);
  }

  hold(): Hold {
    return this.#holds.take();
  }

  async lend(hold: BlobHold): Promise<BlobLoan> {
    this.#durability.refuseAfterFailure();
    const temporary = this.#files.temporary();
    await storing(() => mkdir(temporary, { mode: 0o700 }));
    return new FolderLoan(
      { dir: this.#dir, temporary },
      {
        hold,
        sound: (digest, look) => this.#sound.remember(digest, look),
        fail: (error) => this.#durability.fail(error),
      },
    );
  }

  flush(): Promise<void> {
    return this.#durability.flush();
  }

  async size(digest: Digest): Promise<number | undefined> {
    const found = await this.#files.find(digest);
    if (!found?.isCompressed) return found?.size;
    return await this.#reading(digest, () => contentSize(found.path));
  }

  async readSmall(digest: Digest, limit: number): Promise<Uint8Array | undefined> {
    if (!isDigest(digest)) throw unknownBlob(digest);
    const bytes = await readUpTo(this.#files.path(digest), limit).catch((thrown: unknown) => {
      if (errnoOf(thrown) === "ENOENT") return this.#readSmallCompressed(digest, limit);
      throw storageError(thrown, `cannot read the blob ${digest}`);
    });
    if (bytes && sha256(bytes) !== digest) throw damagedBlob(digest);
    return bytes;
  }

  async open(digest: Digest, range?: ByteRange): Promise<Readable> {
    const { path, isCompressed } = await this.#findSound(digest);
    const file = await this.#reading(digest, () => open(path, "r"));
    return isCompressed ? decompress(file, range) : readRange(file, range);
  }

  async compressed(digest: Digest): Promise<CompressedBlob | undefined> {
    const { path, size, isCompressed } = await this.#findSound(digest);
    if (!isCompressed) return undefined;
    return {
      size: size - HEADER_BYTES,
      open: async ({ start, end }: ByteRange = { start: 0, end: size }) => {
        const file = await this.#reading(digest, () => open(path, "r"));
        return readRange(file, { start: start + HEADER_BYTES, end: end + HEADER_BYTES });
      },
    };
  }

  async check(digest: Digest): Promise<BlobHealth> {
    const found = await this.#files.find(digest);
    if (!found) return "missing";
    return (await this.#isSound(digest, found)) ? "sound" : "damaged";
  }

  async collect(needed: () => Promise<ReadonlySet<Digest>>): Promise<Collected> {
    return await this.#turns.take("collect", () =>
      this.#holds.during(async () => {
        const keep = await needed();
        let [blobs, bytes] = [0, 0];
        for await (const { digest, path } of this.#files.all()) {
          if (keep.has(digest) || this.#holds.isHeld(digest)) continue;
          bytes += this.#files.delete(path);
          this.#sound.forget(digest);
          blobs += 1;
        }
        return { blobs, bytes };
      }),
    );
  }

  async #isSound(digest: Digest, file: BlobFile): Promise<boolean> {
    const { path, isCompressed } = file;
    const read = (): Promise<Digest | undefined> =>
      isCompressed ? nameOfCompressed(path) : hashStream(createReadStream(path));
    return await this.#sound.check(digest, file, () => this.#reading(digest, read));
  }

  async #findSound(digest: Digest): Promise<BlobFile> {
    const found = await this.#files.find(digest);
    if (!found) throw unknownBlob(digest);
    if (!(await this.#isSound(digest, found))) throw damagedBlob(digest);
    return found;
  }

  async #readSmallCompressed(digest: Digest, limit: number): Promise<Uint8Array | undefined> {
    const { path } = await this.#findSound(digest);
    const size = await this.#reading(digest, () => contentSize(path));
    return size > limit ? undefined : await buffer(await this.open(digest));
  }

  async #reading<T>(digest: Digest, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (thrown) {
      if (errnoOf(thrown) === "ENOENT") throw unknownBlob(digest);
      throw storageError(thrown, `cannot read the blob ${digest}`);
    }
  }

  /**
   * Holds a blob, then looks what became of it; a damaged one is to be replaced. The name of one that is there is synced
   * again by the next flush: whoever put it may have died before his.
   */
  async #look({ digest }: Content, hold: BlobHold | undefined): Promise<BlobHealth> {
    await hold?.add(digest);
    const health = await this.check(digest);
    if (health === "sound") this.#durability.note(this.#files.folder(digest));
    return health;
  }

  async #write(written: Written, hold: BlobHold | undefined): Promise<Content> {
    const path = this.#files.temporary();
    const handle = await storing(() => open(path, "wx", 0o600));
    let isMoved = false;
    try {
      const blob = await this.#fill(handle, written);
      const health = written.health ?? (await this.#look(blob, hold));
      if (health === "sound") return blob;
      await this.#moveInto(path, blob.digest, written.isCompressed, health);
      isMoved = true;
      // So that a large one need not be read once more before it is given out for the first time.
      const found = blob.size > HEAD_BYTES ? await this.#files.find(blob.digest) : undefined;
      if (found) this.#sound.remember(blob.digest, found.look);
      return blob;
    } finally {
      if (!isMoved) await rm(path, { force: true });
    }
  }

  /** Writes a content to a file, makes it durable and closes it. */
  async #fill(handle: FileHandle, { content, isCompressed, hints }: Written): Promise<Content> {
    const named = new NamedContent(content, hints.named);
    try {
      if (isCompressed) await storing(() => handle.writeFile(Buffer.alloc(HEADER_BYTES)));
      const stored = isCompressed ? compress(named.read(), hints.size) : inBlocks(named.read(), WRITE_BYTES);
      for await (const chunk of stored) await storing(() => handle.writeFile(chunk));
      const blob = named.name();
      if (isCompressed) await storing(() => writeHeader(handle, blob.size));
      await this.#durability.syncFile(() => handle.sync());
      return blob;
    } finally {
      await handle.close();
    }
  }

  async #moveInto(path: string, digest: Digest, isCompressed: boolean, health: BlobHealth): Promise<void> {
    const [as, instead] = isCompressed ? [COMPRESSED, ""] : ["", COMPRESSED];
    try {
      await rename(path, this.#files.path(digest) + as);
      // A damaged one of the other form.
      if (health === "damaged") await rm(this.#files.path(digest) + instead, { force: true });
    } catch (thrown) {
      throw storageError(thrown, `cannot store the blob ${digest}`);
    }
    this.#durability.note(this.#files.folder(digest));
  }
}

async function storing<T>(work: () => Promise<T>): Promise<T> {
  return await work().catch((thrown: unknown) => {
    throw storageError(thrown, "cannot store a blob");
  });
}

function nameOf(chunks: readonly Uint8Array[]): Content {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return { digest: hash.digest("hex"), size: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
}
