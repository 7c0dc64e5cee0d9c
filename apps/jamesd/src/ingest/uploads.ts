import { createHash, type Hash } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "@jamesd/disk";
import { type Digest, isDigest, JamesError } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import { errnoOf, isFull, makeFolder, storageError, storing } from "../blobs/durable.ts";
import { hashStream } from "../blobs/named-content.ts";
import { Turns } from "../running/turns.ts";
import { type Clocks, Leftovers } from "./leftovers.ts";

const DEFAULT_MAX_BYTES = 16 * 1024 ** 3;

export interface UploadLimits {
  /** What leftovers are told by; the machine's clocks unless given. */
  readonly clocks?: Clocks;
  /** Largest archive in bytes. */
  readonly maxBytes?: number;
}

/** Archives on their way up, each in a file named by the SHA-256 that the whole archive will have. */
export interface Uploads {
  /** How many bytes of an archive are here; 0 when there are none. */
  offset(digest: Digest): Promise<number>;
  /**
   * Appends to an archive and answers with the new offset, when all of it is durable. What came before a cut stays and
   * counts, but not when there is no room for the rest. Appends to one archive happen one after the other.
   * @throws JamesError UPLOAD_OFFSET, ARCHIVE_TOO_LARGE, STORAGE_FULL, or what the stream threw
   */
  append(digest: Digest, offset: number, content: AsyncIterable<Uint8Array>): Promise<number>;
  /**
   * Opens an archive after checking it whole; one of another SHA-256 is forgotten, so that the upload can start anew. The caller closes it.
   * @throws JamesError BLOB_UNKNOWN, DIGEST_MISMATCH
   */
  open(digest: Digest): Promise<FileHandle>;
  /** Opens what there is of an archive that is on its way up, whatever that is; the caller closes it. @throws JamesError BLOB_UNKNOWN */
  openComing(digest: Digest): Promise<FileHandle>;
  /** Forgets an archive; nothing happens when there is none. */
  remove(digest: Digest): Promise<void>;
  /** Forgets the archives that nothing was added to for a day, as `Leftovers` has it. */
  sweep(): Promise<void>;
}

/** Opens the spool in a folder, made when missing. Archives that nothing was added to for a day are forgotten, now and at each new upload. */
export async function openUploads(dir: string, limits: UploadLimits = {}): Promise<Uploads> {
  await makeFolder(dir);
  const uploads = new UploadFolder(dir, limits);
  await uploads.sweep();
  return uploads;
}

/** So many archives on their way up are hashed while they come; any other is read once more when it is complete. */
const MOST_HASHED = 1000;

/** The hash of the first bytes of an archive. */
interface Hashed {
  readonly hash: Hash;
  bytes: number;
}

class UploadFolder implements Uploads {
  readonly #dir: string;
  readonly #maxBytes: number;
  readonly #leftovers: Leftovers;
  readonly #turns = new Turns();
  /** What was hashed of archives while this process wrote them. */
  readonly #hashed = new LRUCache<Digest, Hashed>({ max: MOST_HASHED });

  constructor(dir: string, { maxBytes = DEFAULT_MAX_BYTES, clocks }: UploadLimits) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
    this.#leftovers = new Leftovers(clocks);
  }

  async offset(digest: Digest): Promise<number> {
    return (await statOrNothing(this.#path(digest)))?.size ?? 0;
  }

  async append(digest: Digest, offset: number, content: AsyncIterable<Uint8Array>): Promise<number> {
    return await this.#turns.take(digest, async () => {
      const held = await this.offset(digest);
      if (offset !== held) throw wrongOffset(digest, offset, held);
      if (offset === 0) await this.sweep();
      const end = await this.#write(digest, offset, content).catch(async (thrown: unknown) => {
        // Kept for the day that its sender may need, it would leave the database no room to write in.
        if (isFull(thrown)) await this.#forget(digest);
        throw thrown;
      });
      if (end > this.#maxBytes) {
        await this.#forget(digest);
        throw tooLarge(digest, this.#maxBytes);
      }
      return end;
    });
  }

  async open(digest: Digest): Promise<FileHandle> {
    return await this.#turns.take(digest, () => this.#openWhole(digest));
  }

  async openComing(digest: Digest): Promise<FileHandle> {
    return await open(this.#path(digest), "r").catch((thrown: unknown) => {
      throw errnoOf(thrown) === "ENOENT" ? missing(digest) : storageError(thrown, `cannot read ${digest}`);
    });
  }

  async remove(digest: Digest): Promise<void> {
    await this.#turns.take(digest, () => this.#forget(digest));
  }

  async sweep(): Promise<void> {
    const failed = `cannot tidy up ${this.#dir}`;
    const files = new Map<string, Stats>();
    for (const name of await storing(failed, () => readdir(this.#dir))) {
      const found = await statOrNothing(join(this.#dir, name));
      if (found) files.set(name, found);
    }
    for (const name of this.#leftovers.among(files))
      await storing(failed, () => rm(join(this.#dir, name), { force: true }));
  }

  #path(digest: Digest): string {
    if (isDigest(digest)) return join(this.#dir, digest);
    throw new JamesError("REQUEST_INVALID", `${JSON.stringify(digest)} does not name an archive`, {
      hint: "Name an upload by its SHA-256 in 64 lower-case hexadecimal digits.",
    });
  }

  /** Appends until the content ends or is more than allowed; gives the new length. */
  async #write(digest: Digest, offset: number, content: AsyncIterable<Uint8Array>): Promise<number> {
    const failed = `cannot store the archive ${digest}`;
    const known = offset === 0 ? { hash: createHash("sha256"), bytes: 0 } : this.#hashed.get(digest);
    const hashed = known?.bytes === offset ? known : undefined;
    this.#hashed.delete(digest);
    const handle = await storing(failed, () => open(this.#path(digest), "a", 0o600));
    try {
      return await appendTo(handle, offset, hashedOnItsWay(content, hashed), this.#maxBytes, failed);
    } finally {
      // Also after a cut: what came before it counts.
      await storing(failed, () => handle.sync()).finally(() => handle.close());
      if (hashed) this.#hashed.set(digest, hashed);
      if (offset === 0) await storing(failed, () => syncFolder(this.#dir));
    }
  }

  async #openWhole(digest: Digest): Promise<FileHandle> {
    const handle = await this.openComing(digest);
    try {
      const found = await this.#hashOf(digest, handle);
      if (found === digest) return handle;
      await this.#forget(digest);
      throw mismatch(digest, found);
    } catch (thrown) {
      await handle.close();
      throw storageError(thrown, `cannot read the archive ${digest}`);
    }
  }

  /** The hash that was taken while it came, when that is of all that is there; else of what is read now. */
  async #hashOf(digest: Digest, handle: FileHandle): Promise<Digest> {
    const hashed = this.#hashed.get(digest);
    if (hashed && hashed.bytes === (await handle.stat()).size) return hashed.hash.copy().digest("hex");
    return hashStream(handle.createReadStream({ start: 0, autoClose: false }));
  }

  async #forget(digest: Digest): Promise<void> {
    this.#hashed.delete(digest);
    await storing(`cannot remove the archive ${digest}`, () => rm(this.#path(digest), { force: true }));
  }
}

async function appendTo(
  handle: FileHandle,
  offset: number,
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
  failed: string,
): Promise<number> {
  let end = offset;
  for await (const chunk of content) {
    end += chunk.length;
    if (end > maxBytes) break;
    await storing(failed, () => handle.writeFile(chunk));
  }
  return end;
}

async function* hashedOnItsWay(
  content: AsyncIterable<Uint8Array>,
  hashed: Hashed | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    yield chunk;
    // It was written: what fails before that is not counted.
    hashed?.hash.update(chunk);
    if (hashed) hashed.bytes += chunk.length;
  }
}

async function statOrNothing(path: string) {
  try {
    return await stat(path);
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") return undefined;
    throw storageError(thrown, `cannot read ${path}`);
  }
}

function wrongOffset(digest: Digest, offset: number, held: number): JamesError {
  return new JamesError(
    "UPLOAD_OFFSET",
    `the server holds ${held} bytes of the archive ${digest}; the upload went on at ${offset}`,
    { hint: "Ask for the offset again and go on from there." },
  );
}

function tooLarge(digest: Digest, maxBytes: number): JamesError {
  return new JamesError("ARCHIVE_TOO_LARGE", `the archive ${digest} has more than ${maxBytes} bytes`, {
    hint: "Split the packet, or start jamesd with a greater bytes in --limits.",
  });
}

function missing(digest: Digest): JamesError {
  return new JamesError("BLOB_UNKNOWN", `the archive ${digest} was not uploaded`, {
    hint: "Upload the archive first, then make the packet.",
  });
}

function mismatch(digest: Digest, found: Digest): JamesError {
  return new JamesError("DIGEST_MISMATCH", `the uploaded archive ${digest} has the SHA-256 ${found}`, {
    hint: "The file changed or was damaged on its way; upload it again.",
  });
}
