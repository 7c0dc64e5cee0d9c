import { type Digest, JamesError, packetContents, packetLabel } from "@jamesd/model";
import type { BlobHealth } from "../blobs/blob-store.ts";
import { readFolderBlobStore } from "../blobs/folder.ts";
import { sqliteProblems, visitSqliteRepository } from "../sqlite/open.ts";
import { wholePackets } from "./needed-blobs.ts";
import { blobFolder, databaseFile, requireData } from "./stores.ts";

/** A blob that is not what it should be, and the packets that need it, as `name [tags]`. */
export interface BadBlob {
  readonly digest: Digest;
  readonly health: Exclude<BlobHealth, "sound">;
  readonly neededBy: readonly string[];
}

/**
 * Checks the database of a data folder, and reads and hashes every blob that a packet needs; a server may be running on
 * it, and nothing in it changes.
 * @returns how many there are, and those that are not sound
 * @throws JamesError FILE_UNREADABLE when it is no data folder, STORE_CORRUPT
 */
export async function verifyData(data: string): Promise<{ count: number; bad: readonly BadBlob[] }> {
  const users = await usersOfBlobs(data);
  const blobs = readFolderBlobStore(blobFolder(data));
  const bad: BadBlob[] = [];
  for (const [digest, neededBy] of users) {
    const health = await blobs.check(digest);
    if (health !== "sound") bad.push({ digest, health, neededBy });
  }
  return { count: users.size, bad };
}

async function usersOfBlobs(data: string): Promise<ReadonlyMap<Digest, readonly string[]>> {
  await requireData(data, "read");
  await requireSound(databaseFile(data));
  const repository = await visitSqliteRepository(databaseFile(data));
  try {
    const users = new Map<Digest, string[]>();
    for await (const packet of wholePackets(repository))
      for (const blob of packetContents(packet).keys()) {
        const needing = users.get(blob) ?? [];
        needing.push(packetLabel(packet));
        users.set(blob, needing);
      }
    return users;
  } finally {
    await repository.close();
  }
}

/** Before anything is read from it: what a damaged database says of blobs is worth nothing. */
async function requireSound(file: string): Promise<void> {
  const problems = await sqliteProblems(file);
  if (problems.length === 0) return;
  throw new JamesError("STORE_CORRUPT", `the database ${file} is damaged: ${problems.join("; ")}`, {
    hint: "Check the disk, and go back to a backup of the data folder.",
  });
}

/** What `jamesd verify` ends with when not all is well. */
export function verifyError(bad: number, count: number): JamesError {
  return new JamesError("BLOB_DAMAGED", `${bad} of ${count} blobs are damaged or missing`, {
    hint: "Check the disk. Then add the packets that need them again, from the same archives: that replaces them.",
  });
}
