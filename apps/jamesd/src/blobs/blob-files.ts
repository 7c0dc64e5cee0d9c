import { randomUUID } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder } from "@jamesd/disk";
import { type Digest, isDigest } from "@jamesd/model";
import type { DeviceForm } from "./blob-store.ts";
import { errnoOf, makeFolder, storageError } from "./durable.ts";

/**
 * The forms in which a blob may lie: as it is; compressed as devices get it, under zstd, and under brotli for those that
 * do not know that; under zstd in a hurry, until it is compressed as devices get it.
 */
export type BlobForm = "plain" | DeviceForm | "hurried";

/** What the name of a file with a blob of this form ends with. */
const ENDS: { readonly [form in BlobForm]: string } = {
  ...{ plain: "", zstd: ".best.zst", brotli: ".br", hurried: ".zst" },
};

const BLOB_FORMS = Object.keys(ENDS) as readonly BlobForm[];

/**
 * The order in which they are looked for. One that is compressed again gets the name of its new form before it loses the
 * other: whoever finds neither looked for the one too early, and for the other too late.
 */
const LOOKED_FOR: readonly BlobForm[] = ["plain", "zstd", "brotli", "hurried", "zstd"];

const TEMPORARY = "tmp";

/** The file that a blob is. */
export interface BlobFile {
  readonly path: string;
  /** Of the file in its folder. */
  readonly name: string;
  readonly form: BlobForm;
  /** Length of the file. */
  readonly size: number;
  /** Changes with every write to the file. */
  readonly look: string;
}

/** Makes the folders of a blob store where they are missing, and clears away what was being written. */
export async function makeBlobFolder(dir: string): Promise<void> {
  await makeFolder(dir);
  try {
    const present = new Set(await readdir(dir));
    for (const name of [...shards(), TEMPORARY])
      if (!present.has(name)) await mkdir(join(dir, name), { mode: 0o700 });
    await syncFolder(dir);
    const temporary = join(dir, TEMPORARY);
    for (const leftover of await readdir(temporary)) await rm(join(temporary, leftover), { recursive: true });
  } catch (thrown) {
    throw storageError(thrown, `cannot open the blob store in ${dir}`);
  }
}

/** True when there is a blob in a folder, which need not be there. */
export async function hasBlobs(dir: string): Promise<boolean> {
  for (const shard of shards()) {
    const names = await readdir(join(dir, shard)).catch((thrown: unknown) => {
      if (errnoOf(thrown) === "ENOENT") return [];
      throw storageError(thrown, `cannot read the blobs in ${dir}`);
    });
    if (names.some((name) => blobIn(name) !== undefined)) return true;
  }
  return false;
}

/**
 * Where blobs lie: in `DIR/ab/DIGEST`, or compressed in `DIR/ab/DIGEST.best.zst`, `.br` or `.zst`, where `ab` are the
 * digest's first two digits; what is being written lies in `DIR/tmp`.
 */
export class BlobFiles {
  readonly #dir: string;
  readonly #writing: string;

  /** @param writing the folder for what is being written */
  constructor(dir: string, writing = join(dir, TEMPORARY)) {
    this.#dir = dir;
    this.#writing = writing;
  }

  folder(digest: Digest): string {
    return join(this.#dir, digest.slice(0, 2));
  }

  /** Of the blob in a form. */
  path(digest: Digest, form: BlobForm): string {
    return join(this.folder(digest), digest + ENDS[form]);
  }

  /** A name for what is being written. */
  temporary(): string {
    return join(this.#writing, randomUUID());
  }

  /** The blob in the best form that there is of these. */
  async find(digest: Digest, forms: readonly BlobForm[] = LOOKED_FOR): Promise<BlobFile | undefined> {
    if (!isDigest(digest)) return undefined;
    for (const form of forms) {
      const found = await look(this.path(digest, form), form);
      if (found) return found;
    }
    return undefined;
  }

  /** True when there is the blob in any of these forms. For who may wait for the disk: without a trip to a thread that would. */
  isThere(digest: Digest, forms: readonly BlobForm[] = LOOKED_FOR): boolean {
    try {
      return forms.some((form) => statSync(this.path(digest, form), { throwIfNoEntry: false }) !== undefined);
    } catch (thrown) {
      throw storageError(thrown, `cannot read the blob ${digest}`);
    }
  }

  /** Removes a blob in a form, if it lies in that. */
  async remove(digest: Digest, form: BlobForm): Promise<void> {
    await rm(this.path(digest, form), { force: true });
  }

  /** Removes a blob in every form but this one. */
  async keepOnly(digest: Digest, kept: BlobForm): Promise<void> {
    for (const form of BLOB_FORMS) if (form !== kept) await this.remove(digest, form);
  }

  /** Every blob in each of its forms, those of one blob one after the other. */
  async *all(): AsyncGenerator<NamedFile & Pick<BlobFile, "path" | "name">> {
    for (const shard of shards()) {
      const folder = join(this.#dir, shard);
      const names = await readdir(folder).catch((thrown: unknown) => {
        throw storageError(thrown, `cannot read the blobs in ${folder}`);
      });
      for (const name of names.sort()) {
        const named = blobIn(name);
        if (named) yield { ...named, name, path: join(folder, name) };
      }
    }
  }

  /** Gives the bytes that it had. In one go: who looks for it from now on must not see it any more. */
  delete(path: string): number {
    try {
      const stats = statSync(path, { throwIfNoEntry: false });
      rmSync(path, { force: true });
      return stats?.size ?? 0;
    } catch (thrown) {
      throw storageError(thrown, `cannot delete ${path}`);
    }
  }
}

/** What the name of a file says. */
interface NamedFile {
  readonly digest: Digest;
  readonly form: BlobForm;
}

/** The blob that a file of this name holds. */
function blobIn(name: string): NamedFile | undefined {
  const [digest = "", ...end] = name.split(/(?=\.)/);
  const form = BLOB_FORMS.find((one) => ENDS[one] === end.join(""));
  return form !== undefined && isDigest(digest) ? { digest, form } : undefined;
}

async function look(path: string, form: BlobForm): Promise<BlobFile | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return {
      path,
      name: basename(path),
      form,
      size: Number(size),
      look: [ino, size, mtimeNs, ctimeNs].join(),
    };
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") return undefined;
    throw storageError(thrown, `cannot read ${path}`);
  }
}

function shards(): readonly string[] {
  return Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
}
