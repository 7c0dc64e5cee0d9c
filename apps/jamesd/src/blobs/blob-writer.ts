import { closeSync, fsync, openSync, writeFileSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Content, Digest } from "@jamesd/model";
import { damagedBlob } from "./blob-errors.ts";
import type { BlobFile, BlobFiles, BlobForm } from "./blob-files.ts";
import type { BlobHealth, DeviceForm, PutHints } from "./blob-store.ts";
import {
  compress,
  compressWhole,
  contentSize,
  decompress,
  HEADER_BYTES,
  headerOf,
  type Packing,
  writeHeader,
} from "./compressed-file.ts";
import type { Durability } from "./durability.ts";
import { storing } from "./durable.ts";
import { inBlocks } from "./in-blocks.ts";
import { NamedContent } from "./named-content.ts";
import type { Soundness } from "./soundness.ts";

/** Contents up to this size are hashed before anything is written, so that one that is there costs no write. */
export const HEAD_BYTES = 256 * 1024;

/** What went wrong where it is not known yet which blob it is. */
export const CANNOT_STORE = "cannot store a blob";

/** Is written at once. */
const WRITE_BYTES = 2 ** 20;

/** A content that is written, and how. */
interface Written {
  readonly content: AsyncIterable<Uint8Array>;
  readonly form: BlobForm;
  readonly hints: PutHints;
}

/** A content that is in memory. */
interface Whole {
  readonly bytes: Uint8Array;
  readonly blob: Content;
  readonly form: BlobForm;
}

/** A file with a blob that is compressed. */
export type PackedFile = BlobFile & { readonly form: Packing };

/** What became of a content that was written, by what it is. */
type Look = (name: Content) => Promise<BlobHealth>;

/** What a writer of blobs works with. */
interface WriterParts {
  readonly files: BlobFiles;
  readonly durability: Durability;
  readonly sound: Soundness;
  /** Told of each that is about to lie there compressed in a hurry. */
  readonly hurried: (digest: Digest) => void;
}

/** As `FileHandle.sync`. */
function sync(file: number): Promise<void> {
  return new Promise((resolve, reject) => fsync(file, (thrown) => (thrown ? reject(thrown) : resolve())));
}

/** Writes blobs: beside where they will lie, durably, and then there. */
export class BlobWriter {
  readonly #parts: WriterParts;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Writes a content; one that is there is left as it is. @param look says what became of it before */
  async write(written: Written, look: Look): Promise<Content> {
    return await this.#beside(async (path, handle) => {
      const blob = await this.#fill(handle, written);
      const health = await look(blob);
      if (health === "sound") await rm(path);
      else await this.#moveInto(path, blob, written.form, health);
      return blob;
    });
  }

  /** Writes a content that is in memory. To make and write its file takes less than a trip each to threads that would wait for it. */
  async writeWhole({ bytes, blob, form }: Whole, health: BlobHealth): Promise<Content> {
    const { files, durability } = this.#parts;
    const pieces = form === "plain" ? [bytes] : [headerOf(blob.size), await compressWhole(bytes, form)];
    const path = files.temporary();
    const file = await storing(CANNOT_STORE, async () => openSync(path, "wx", 0o600));
    try {
      try {
        await storing(CANNOT_STORE, async () => {
          for (const piece of pieces) writeFileSync(file, piece);
        });
        await durability.syncFile(() => sync(file));
      } finally {
        closeSync(file);
      }
      await this.#moveInto(path, blob, form, health);
      return blob;
    } catch (thrown) {
      await rm(path, { force: true });
      throw thrown;
    }
  }

  /** Writes a blob, of which there is this file, once more, as devices get it. @throws JamesError BLOB_DAMAGED; errors of the disk, and what `pace` rejects with */
  async rewrite(
    digest: Digest,
    packed: PackedFile,
    form: DeviceForm,
    pace: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    await this.#beside(async (path, handle) => {
      const size = await contentSize(packed.path);
      const content = paced(unpacked(digest, packed), pace);
      const blob = await this.#fill(handle, { content, form, hints: { size } });
      if (blob.digest !== digest) throw damagedBlob(digest);
      await this.#moveInto(path, blob, form, "sound");
    });
  }

  /** Has something done with a new file, of which nothing stays where that fails. */
  async #beside<T>(work: (path: string, handle: FileHandle) => Promise<T>): Promise<T> {
    const path = this.#parts.files.temporary();
    const handle = await storing(CANNOT_STORE, () => open(path, "wx", 0o600));
    try {
      return await work(path, handle);
    } catch (thrown) {
      // Of what failed before it was filled.
      await handle.close();
      await rm(path, { force: true });
      throw thrown;
    }
  }

  /** Writes a content to a file, makes it durable and closes it. */
  async #fill(handle: FileHandle, { content, form, hints }: Written): Promise<Content> {
    const named = new NamedContent(content, hints.named, hints.known);
    try {
      if (form !== "plain") await storing(CANNOT_STORE, () => handle.writeFile(Buffer.alloc(HEADER_BYTES)));
      const stored =
        form === "plain" ? inBlocks(named.read(), WRITE_BYTES) : compress(named.read(), form, hints.size);
      for await (const chunk of stored) await storing(CANNOT_STORE, () => handle.writeFile(chunk));
      const blob = named.name();
      if (form !== "plain") await storing(CANNOT_STORE, () => writeHeader(handle, blob.size));
      await this.#parts.durability.syncFile(() => handle.sync());
      return blob;
    } finally {
      await handle.close();
    }
  }

  async #moveInto(path: string, blob: Content, form: BlobForm, health: BlobHealth): Promise<void> {
    const { files, durability, sound, hurried } = this.#parts;
    const { digest, size } = blob;
    await storing(`cannot store the blob ${digest}`, async () => {
      if (form === "hurried") hurried(digest);
      await rename(path, files.path(digest, form));
      // A damaged one of another form.
      if (health === "damaged") await files.keepOnly(digest, form);
    });
    durability.note(files.folder(digest));
    // So that a large one need not be read once more before it is given out for the first time.
    const found = size > HEAD_BYTES ? await files.find(digest, [form]) : undefined;
    if (found) sound.remember(found);
  }
}

/** @throws JamesError BLOB_DAMAGED, and errors of the disk */
async function* unpacked(digest: Digest, { path, form }: PackedFile): AsyncGenerator<Uint8Array> {
  try {
    // Opened by who reads it: there may be nobody.
    yield* decompress(await open(path, "r"), form);
  } catch (thrown) {
    throw (thrown as NodeJS.ErrnoException).syscall === undefined ? damagedBlob(digest) : thrown;
  }
}

async function* paced(
  content: AsyncIterable<Uint8Array>,
  pace: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    await pace();
    yield chunk;
  }
}
