import { constants, existsSync, lstatSync, statSync } from "node:fs";
import { chmod, copyFile, open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkOwnFolder, syncFolder } from "@jamesd/disk";
import { type Digest, JamesError } from "@jamesd/model";
import { type BlobFile, BlobFiles } from "../blobs/blob-files.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { errnoOf, makeFolder, storageError } from "../blobs/durable.ts";
import { openFolderBlobStore } from "../blobs/folder.ts";
import type { Repository } from "../repository/repository.ts";
import { openSnapshot, openSqliteRepository } from "../sqlite/open.ts";
import { lockData } from "./data-lock.ts";
import { neededBlobs } from "./needed-blobs.ts";
import { blobFolder, databaseFile, requireData, unfinishedDatabase } from "./stores.ts";

/** What was copied; blobs that were there already are not counted. */
export interface Copied {
  readonly packets: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** What was restored. */
export interface Restored extends Copied {
  /** The tokens of the backup that let nobody in any more. */
  readonly droppedTokens: number;
}

/** Marks a folder as a backup, so that no server's own data is taken for one and replaced. */
const MARK = "jamesd-backup";
/** What a program that was killed leaves beside a SQLite database: https://sqlite.org/tempfiles.html */
const LOGS = ["-wal", "-shm", "-journal"];
/** A collection beside the backup may take blobs of packets that were removed since the snapshot: then it begins anew. */
const MAX_TRIES = 5;

/**
 * Copies a data folder, also while a server works on it: a snapshot of the database, and every blob that it needs. What
 * an earlier backup in the same folder holds is not copied again, and what it alone needed goes. Until the new one is
 * complete and durable, the earlier one is.
 * @throws JamesError FILE_UNREADABLE, FILE_EXISTS, FOLDER_UNSAFE, DATA_LOCKED, BLOB_DAMAGED, STORAGE_FULL, STORE_CORRUPT
 */
export async function backupData(data: string, output: string): Promise<Copied> {
  await requireData(data, "read");
  if (existsSync(databaseFile(output)) && !existsSync(join(output, MARK)))
    throw new JamesError("FILE_EXISTS", `${output} is the data folder of a jamesd, not a backup`, {
      hint: "Name an empty folder, or one that holds an earlier backup, with --output.",
    });
  return workIn(output, "--output", async () => {
    await writeBeside(join(output, MARK), "made by jamesd backup\n");
    return copyData(data, output);
  });
}

/**
 * Makes a data folder from a backup; it is one only when everything is there, hashed and durable. Interrupted, it can be
 * started again. A token that was used up or taken back since the backup would let devices in again: none of its tokens
 * does, unless they are to be kept.
 * @throws JamesError FILE_EXISTS when there is a data folder already, and as `backupData`
 */
export async function restoreData(
  from: string,
  data: string,
  { keepTokens = false }: { readonly keepTokens?: boolean } = {},
): Promise<Restored> {
  await requireData(from, "believe", "Name the folder of a backup with --from.");
  if (existsSync(databaseFile(data)))
    throw new JamesError("FILE_EXISTS", `${data} is a data folder already`, {
      hint: "Name another folder with --data, or move this one away.",
    });
  refuseLog(data);
  let droppedTokens = 0;
  const copied = await workIn(data, "--data", () =>
    copyData(from, data, async (repository) => {
      droppedTokens = keepTokens ? 0 : await dropTokens(repository);
    }),
  );
  return { ...copied, droppedTokens };
}

/** Takes back every token that is not used up: whether one has ended is said by a clock, which may be ahead here. @returns how many */
async function dropTokens({ enrollTokens }: Pick<Repository, "enrollTokens">): Promise<number> {
  const time = Date.now();
  const usable = (await enrollTokens.all()).filter(({ used, uses }) => used < uses);
  for (const { id } of usable)
    await enrollTokens.remove(id, { author: "restore", address: "localhost", time });
  return usable.length;
}

/** The log of a database that was taken away would be read as if it were that of the next: SQLite cannot tell. */
function refuseLog(data: string): void {
  const log = ["-wal", "-journal"].map((end) => databaseFile(data) + end).find((path) => existsSync(path));
  if (log === undefined) return;
  throw new JamesError("FILE_EXISTS", `${log} is what is left of another database`, {
    hint: "Move it away, to where its database is; without that it is worth nothing.",
  });
}

/** Makes a folder, which an option named, and works in it with its lock. */
async function workIn(folder: string, option: string, work: () => Promise<Copied>): Promise<Copied> {
  checkOwnFolder(folder);
  try {
    await openFolder(folder, option);
    const lock = await lockData(folder);
    return await work().finally(() => lock.release());
  } catch (thrown) {
    throw errnoOf(thrown) === undefined ? thrown : copyError(thrown, folder);
  }
}

async function openFolder(folder: string, option: string): Promise<void> {
  try {
    refuseOther(folder, option);
    await makeFolder(folder);
  } catch (thrown) {
    const { code, message } = storageError(thrown, `cannot use ${folder}`);
    if (code === "FILE_EXISTS" || code === "STORAGE_FULL") throw thrown;
    const hint = `Name an empty folder that jamesd may write to with ${option}.`;
    throw new JamesError("FILE_UNREADABLE", message, { hint, cause: thrown });
  }
}

/** Replaces what is there, whatever it leads to. */
async function writeBeside(path: string, content: string): Promise<void> {
  await rm(`${path}.new`, { force: true });
  await writeFile(`${path}.new`, content, { mode: 0o600, flag: "wx" });
  await rename(`${path}.new`, path);
}

/** What is there under that name must be a folder. */
function refuseOther(path: string, option: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const target = statSync(path, { throwIfNoEntry: false });
  if (!there || target?.isDirectory()) return;
  const what = target ? "a file, not a folder" : "a link that leads nowhere";
  throw new JamesError("FILE_EXISTS", `${path} is ${what}`, { hint: `Name an empty folder with ${option}.` });
}

/** An error of the file system, as people who make or restore a backup can use it. */
function copyError(thrown: unknown, folder: string): JamesError {
  const error = storageError(thrown, `cannot write to ${folder}`);
  if (error.code !== "STORAGE_FULL") return error;
  return new JamesError(error.code, error.message, {
    hint: "Make room, for files as well (df -i), and run it again: it goes on where it was. An earlier backup is whole until then.",
    cause: thrown,
  });
}

/** @param change of what is copied, before it counts */
async function copyData(from: string, to: string, change?: Change): Promise<Copied> {
  const snapshot = unfinishedDatabase(to);
  for (let tries = 1; ; tries += 1) {
    const { needed, packets } = await takeSnapshot(databaseFile(from), snapshot, change);
    const store = await openFolderBlobStore(blobFolder(to));
    const { missing, ...copied } = await copyBlobs(blobFolder(from), blobFolder(to), store, needed);
    if (missing === undefined) {
      await dropLogs(databaseFile(to));
      await rename(snapshot, databaseFile(to));
      await syncFolder(to);
      await store.collect(async () => needed);
      return { packets, ...copied };
    }
    if (tries === MAX_TRIES) throw damaged(missing, "missing");
  }
}

/**
 * A server or `verify` that ran on the earlier backup and was killed left a log, which must not come to lie beside the
 * new database: what it says goes into the earlier one first, so that this stays whole until it is replaced.
 */
async function dropLogs(file: string): Promise<void> {
  if (!LOGS.some((end) => existsSync(file + end))) return;
  // What is no whole database is not helped by its log any more.
  if (existsSync(file))
    await openSqliteRepository(file)
      .then((db) => db.close())
      .catch(() => undefined);
  for (const end of LOGS) await rm(file + end, { force: true });
}

type Change = (repository: Repository) => Promise<void>;

/** A consistent copy of a database, durable, and the blobs that it needs. */
async function takeSnapshot(
  file: string,
  copy: string,
  change?: Change,
): Promise<{ needed: ReadonlySet<Digest>; packets: number }> {
  for (const end of LOGS) await rm(copy + end, { force: true });
  // Not removed: as long as it is there, no server takes an unfinished restore for a new data folder.
  const emptied = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  await writeFile(copy, "", { mode: 0o600, flag: emptied });
  const repository = await openSnapshot(file, copy);
  try {
    await change?.(repository);
    return { needed: await neededBlobs(repository), packets: (await repository.packets.all()).length };
  } finally {
    await repository.close();
    await syncFile(copy);
  }
}

async function copyBlobs(
  from: string,
  to: string,
  store: Pick<BlobStore, "check">,
  needed: Iterable<Digest>,
) {
  const [source, target] = [new BlobFiles(from), new BlobFiles(to)];
  const folders = new Set<string>();
  let [blobs, bytes] = [0, 0];
  for (const digest of needed) {
    // Also of those that are there: who copied them may have died before this.
    folders.add(target.folder(digest));
    if ((await store.check(digest)) === "sound") continue;
    const blob = await copyBlob(digest, source, target);
    if (!blob) return { blobs, bytes, missing: digest };
    // A damaged one of another form.
    await target.keepOnly(digest, blob.form);
    if ((await store.check(digest)) !== "sound") {
      await rm(target.path(digest, blob.form));
      throw damaged(digest, "damaged");
    }
    blobs += 1;
    bytes += blob.size;
  }
  for (const folder of folders) await syncFolder(folder);
  return { blobs, bytes, missing: undefined };
}

/** Copies a blob as it is; undefined when there is none. */
async function copyBlob(digest: Digest, source: BlobFiles, target: BlobFiles): Promise<BlobFile | undefined> {
  for (let isFirst = true; ; isFirst = false) {
    const blob = await source.find(digest);
    if (!blob) return undefined;
    try {
      await copyFileDurably(blob.path, target.path(digest, blob.form), target.temporary());
      return blob;
    } catch (thrown) {
      // The server has compressed it anew since, and it lies under another name.
      if (errnoOf((thrown as Error).cause) !== "ENOENT" || !isFirst) throw thrown;
    }
  }
}

async function copyFileDurably(from: string, to: string, temporary: string): Promise<void> {
  try {
    await copyFile(from, temporary, constants.COPYFILE_EXCL);
    await chmod(temporary, 0o600);
    await syncFile(temporary);
    await rename(temporary, to);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw storageError(thrown, `cannot copy ${from} to ${to}`);
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function damaged(digest: Digest, health: string): JamesError {
  return new JamesError("BLOB_DAMAGED", `the blob ${digest} is ${health}`, {
    hint: "jamesd verify names the packets that need it; add them again from the same archives, or use another backup.",
  });
}
