import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkOwnFolder, sizeOf } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { hasBlobs } from "../blobs/blob-files.ts";
import type { BlobStore, Collected } from "../blobs/blob-store.ts";
import { openFolderBlobStore } from "../blobs/folder.ts";
import { openUploads, type Uploads } from "../ingest/uploads.ts";
import type { Repository } from "../repository/repository.ts";
import type { Migrated } from "../sqlite/migrate.ts";
import { openSqliteRepository } from "../sqlite/open.ts";
import { neededBlobs } from "./needed-blobs.ts";

/** What a data folder holds, opened; for who has its lock. */
export class Stores {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly uploads: Uploads;
  #collecting: Promise<Collected> | undefined;

  constructor(repository: Repository, blobs: BlobStore, uploads: Uploads) {
    this.repository = repository;
    this.blobs = blobs;
    this.uploads = uploads;
  }

  /**
   * Deletes the blobs that no packet needs, and archives that nothing was added to for a day; packets may be added
   * meanwhile. Who asks while it goes on hears how that ended.
   * @throws JamesError STORE_CORRUPT when what packets need cannot be told; then nothing is deleted
   */
  collect(): Promise<Collected> {
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  async close(): Promise<void> {
    // It would read from a closed repository.
    await this.#collecting?.catch(() => undefined);
    await this.repository.close();
  }

  async #collect(): Promise<Collected> {
    await this.uploads.sweep();
    return await this.blobs.collect(() => neededBlobs(this.repository));
  }
}

/** Opens what is in a data folder, and makes what is missing; `tell` hears of a database that was brought to a newer version. @throws JamesError STORE_CORRUPT, FILE_UNREADABLE, STORAGE_FULL */
export async function openStores(
  data: string,
  maxUploadBytes?: number,
  tell?: (migrated: Migrated) => void,
): Promise<Stores> {
  refuseUnfinished(data);
  await refuseLost(data);
  const repository = await openSqliteRepository(databaseFile(data), undefined, tell);
  try {
    const blobs = await openFolderBlobStore(blobFolder(data));
    const limits = maxUploadBytes === undefined ? {} : { maxBytes: maxUploadBytes };
    return new Stores(repository, blobs, await openUploads(join(data, "uploads"), limits));
  } catch (thrown) {
    await repository.close();
    throw thrown;
  }
}

/** The database of a data folder. */
export function databaseFile(data: string): string {
  return join(data, "jamesd.db");
}

/** The database of a backup or data folder that is being copied. */
export function unfinishedDatabase(data: string): string {
  return `${databaseFile(data)}.new`;
}

/** The blob store of a data folder. */
export function blobFolder(data: string): string {
  return join(data, "blobs");
}

/**
 * Sees that a folder is the data folder of a jamesd, and in nobody else's hands.
 * @param use as `checkOwnFolder` has it
 * @throws JamesError FILE_UNREADABLE, FOLDER_UNSAFE; STORE_CORRUPT when its database is lost
 */
export async function requireData(
  data: string,
  use: "believe" | "read",
  hint = "Name the data folder of a jamesd with --data.",
): Promise<void> {
  checkOwnFolder(data, use);
  await refuseLost(data);
  if (existsSync(databaseFile(data))) return;
  throw new JamesError("FILE_UNREADABLE", `there is no ${databaseFile(data)}`, { hint });
}

/** A folder without a database must be a new one: a server would begin with nothing in what was half restored. */
function refuseUnfinished(data: string): void {
  if (existsSync(databaseFile(data)) || !existsSync(unfinishedDatabase(data))) return;
  throw new JamesError("STORE_CORRUPT", `${data} was not restored to its end`, {
    hint: `Run jamesd restore again. To begin with nothing instead, remove ${unfinishedDatabase(data)}.`,
  });
}

/** What a database leaves behind when it alone goes: a server that began with a new one would delete every blob. */
async function refuseLost(data: string): Promise<void> {
  const file = databaseFile(data);
  const isUnfinished = !existsSync(file) && existsSync(unfinishedDatabase(data));
  if (sizeOf(file) > 0 || isUnfinished) return;
  const [log, blobs] = [`${file}-wal`, blobFolder(data)];
  const left = sizeOf(log) > 0 ? log : (await hasBlobs(blobs)) ? blobs : undefined;
  if (left === undefined) return;
  throw new JamesError("STORE_CORRUPT", `the database ${file} is lost, but there is ${left}`, {
    hint: "Put the database back, or move the folder away and run jamesd restore. To begin with nothing, name an empty folder with --data.",
  });
}
