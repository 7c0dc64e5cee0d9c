import { randomUUID } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "@jamesd/disk";
import { type Digest, isDigest } from "@jamesd/model";
import { errnoOf, makeFolder, storageError } from "./durable.ts";

/** What the name of a compressed blob ends with. */
export const COMPRESSED = ".br";
const TEMPORARY = "tmp";

/** The file that a blob is. */
export interface BlobFile {
  readonly path: string;
  readonly isCompressed: boolean;
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
    if (names.some((name) => digestIn(name) !== undefined)) return true;
  }
  return false;
}

/**
 * Where blobs lie: in `DIR/ab/DIGEST`, or compressed in `DIR/ab/DIGEST.br`, where `ab` are the digest's first two
 * digits; what is being written lies in `DIR/tmp`.
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

  /** Of the blob as it is. */
  path(digest: Digest): string {
    return join(this.folder(digest), digest);
  }

  /** A name for what is being written. */
  temporary(): string {
    return join(this.#writing, randomUUID());
  }

  /** The blob as it is, or compressed. */
  async find(digest: Digest): Promise<BlobFile | undefined> {
    if (!isDigest(digest)) return undefined;
    const path = this.path(digest);
    return (await look(path, false)) ?? (await look(path + COMPRESSED, true));
  }

  /** Every blob in either form. */
  async *all(): AsyncGenerator<{ readonly digest: Digest; readonly path: string }> {
    for (const shard of shards()) {
      const folder = join(this.#dir, shard);
      const names = await readdir(folder).catch((thrown: unknown) => {
        throw storageError(thrown, `cannot read the blobs in ${folder}`);
      });
      for (const name of names) {
        const digest = digestIn(name);
        if (digest !== undefined) yield { digest, path: join(folder, name) };
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

/** The digest of the blob that a file of this name holds. */
function digestIn(name: string): Digest | undefined {
  const digest = name.endsWith(COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name;
  return isDigest(digest) ? digest : undefined;
}

async function look(path: string, isCompressed: boolean): Promise<BlobFile | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return { path, isCompressed, size: Number(size), look: [ino, size, mtimeNs, ctimeNs].join() };
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") return undefined;
    throw storageError(thrown, `cannot read ${path}`);
  }
}

function shards(): readonly string[] {
  return Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
}
