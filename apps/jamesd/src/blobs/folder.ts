import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { syncFolder } from "@jamesd/disk";
import { type Content, type Digest, isDigest, JamesError, sha256 } from "@jamesd/model";
import { Gate } from "../running/gate.ts";
import { Turns } from "../running/turns.ts";
import { type BlobFile, BlobFiles, COMPRESSED, makeBlobFolder } from "./blob-files.ts";
import type { BlobHealth, BlobStore, ByteRange, Collected, CompressedBlob } from "./blob-store.ts";
import {
  compress,
  contentSize,
  decompress,
  HEADER_BYTES,
  nameOfCompressed,
  paysToCompress,
  writeHeader,
} from "./compressed-file.ts";
import { errnoOf, storageError } from "./durable.ts";
import { readHead } from "./head.ts";
import { type Hold, Holds } from "./holds.ts";
import { hashStream, NamedContent } from "./named-content.ts";
import { readUpTo } from "./read-up-to.ts";
import { Soundness } from "./soundness.ts";

const FSYNCS_IN_FLIGHT = 16;

/** Contents up to this size are hashed before anything is written, so that one that is there costs no write. */
const HEAD_BYTES = 256 * 1024;

/** Opens a blob store in a folder, made when missing (`BlobFiles`). One process may use a folder at a time. */
export async function openFolderBlobStore(dir: string): Promise<BlobStore> {
  await makeBlobFolder(dir);
  return new FolderBlobStore(dir);
}

/** Opens the blob store in a folder only to read, beside a server that may be using it. */
export function readFolderBlobStore(dir: string): Pick<BlobStore, "check"> {
  return new FolderBlobStore(dir);
}

class FolderBlobStore implements BlobStore {
  readonly #files: BlobFiles;
  readonly #gate = new Gate(FSYNCS_IN_FLIGHT);
  readonly #holds = new Holds();
  readonly #turns = new Turns();
  /** Folders whose names may not be durable yet. */
  #unsynced = new Set<string>();
  #flushing: Promise<void> = Promise.resolve();
  readonly #sound = new Soundness();
  /** Set for good when an fsync failed: what the disk then holds is not known, and asking again would only hide it. */
  #failure: JamesError | undefined;

  constructor(dir: string) {
    this.#files = new BlobFiles(dir);
  }

  async put(content: AsyncIterable<Uint8Array>, hold?: Hold): Promise<Content> {
    this.#refuseAfterFailure();
    const { head, whole, rest } = await readHead(content, HEAD_BYTES);
    if (whole) {
      const blob = nameOf(head);
      if (await this.#has(blob, hold)) return blob;
    }
    return await this.#write(rest, paysToCompress(head), hold);
  }

  hold(): Hold {
    return this.#holds.take();
  }

  async flush(): Promise<void> {
    // One flush after the other: the second must not answer for folders that the first is still syncing.
    const mine = this.#flushing.then(() => this.#syncFolders());
    this.#flushing = mine.catch(() => undefined);
    await mine;
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
    return isCompressed ? decompress(file, range) : file.createReadStream(range);
  }

  async compressed(digest: Digest): Promise<CompressedBlob | undefined> {
    const { path, size, isCompressed } = await this.#findSound(digest);
    if (!isCompressed) return undefined;
    return {
      size: size - HEADER_BYTES,
      open: async ({ start, end }: ByteRange = { start: 0, end: size }) => {
        const file = await this.#reading(digest, () => open(path, "r"));
        return file.createReadStream({ start: start + HEADER_BYTES, end: end + HEADER_BYTES });
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
   * Holds a blob, then looks: true when it is there and sound; a damaged one is to be replaced. Its name is synced
   * again by the next flush: whoever put it may have died before his.
   */
  async #has({ digest }: Content, hold: Hold | undefined): Promise<boolean> {
    hold?.digests.add(digest);
    if ((await this.check(digest)) !== "sound") return false;
    this.#unsynced.add(this.#files.folder(digest));
    return true;
  }

  async #write(
    content: AsyncIterable<Uint8Array>,
    isCompressed: boolean,
    hold: Hold | undefined,
  ): Promise<Content> {
    const path = this.#files.temporary();
    const handle = await open(path, "wx", 0o600).catch((thrown: unknown) => {
      throw storageError(thrown, "cannot store a blob");
    });
    try {
      const blob = await this.#fill(handle, content, isCompressed);
      if (await this.#has(blob, hold)) return blob;
      await this.#moveInto(path, blob.digest, isCompressed);
      // So that a large one need not be read once more before it is given out for the first time.
      const found = blob.size > HEAD_BYTES ? await this.#files.find(blob.digest) : undefined;
      if (found) this.#sound.remember(blob.digest, found.look);
      return blob;
    } finally {
      // Gone already when it was moved into place.
      await rm(path, { force: true });
    }
  }

  /** Writes a content to a file, makes it durable and closes it. */
  async #fill(
    handle: FileHandle,
    content: AsyncIterable<Uint8Array>,
    isCompressed: boolean,
  ): Promise<Content> {
    const named = new NamedContent(content);
    const write = async (work: () => Promise<unknown>): Promise<void> => {
      await work().catch((thrown: unknown) => {
        throw storageError(thrown, "cannot store a blob");
      });
    };
    try {
      if (isCompressed) await write(() => handle.writeFile(Buffer.alloc(HEADER_BYTES)));
      for await (const chunk of isCompressed ? compress(named.read()) : named.read())
        await write(() => handle.writeFile(chunk));
      const blob = named.name();
      if (isCompressed) await write(() => writeHeader(handle, blob.size));
      await this.#gate.run(() => this.#sync(() => handle.sync()));
      return blob;
    } finally {
      await handle.close();
    }
  }

  async #moveInto(path: string, digest: Digest, isCompressed: boolean): Promise<void> {
    const [as, instead] = isCompressed ? [COMPRESSED, ""] : ["", COMPRESSED];
    try {
      await rename(path, this.#files.path(digest) + as);
      // A damaged one of the other form.
      await rm(this.#files.path(digest) + instead, { force: true });
    } catch (thrown) {
      throw storageError(thrown, `cannot store the blob ${digest}`);
    }
    this.#unsynced.add(this.#files.folder(digest));
  }

  async #syncFolders(): Promise<void> {
    this.#refuseAfterFailure();
    const folders = this.#unsynced;
    this.#unsynced = new Set();
    await Promise.all(
      [...folders].map((folder) => this.#gate.run(() => this.#sync(() => syncFolder(folder), folder))),
    );
  }

  /** Runs an fsync. A file without space is just thrown away; after anything else the store can promise nothing more. */
  async #sync(fsync: () => Promise<void>, folder?: string): Promise<void> {
    this.#refuseAfterFailure();
    try {
      await fsync();
    } catch (thrown) {
      const error = storageError(thrown, `cannot make ${folder ?? "a blob"} durable`);
      if (folder !== undefined || error.code !== "STORAGE_FULL") this.#failure = error;
      throw error;
    }
  }

  #refuseAfterFailure(): void {
    if (this.#failure === undefined) return;
    throw new JamesError("STORE_CORRUPT", `the blob store takes nothing more: ${this.#failure.message}`, {
      hint: "Check the server's disk, then start jamesd again.",
      cause: this.#failure,
    });
  }
}

function nameOf(chunks: readonly Uint8Array[]): Content {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return { digest: hash.digest("hex"), size: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
}

function damagedBlob(digest: Digest): JamesError {
  return new JamesError("BLOB_DAMAGED", `the blob ${digest} is damaged on the server`, {
    hint: "Check the server's disk; jamesd verify names every damaged blob. To mend one, add a packet with it again.",
  });
}

function unknownBlob(digest: string): JamesError {
  return new JamesError("BLOB_UNKNOWN", `there is no blob ${digest}`, {
    hint: "It may have been removed with the last packet that needed it.",
  });
}
