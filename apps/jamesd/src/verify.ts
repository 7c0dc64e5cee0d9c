import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Digest, JamesError, manifestBlobs } from "@jamesd/model";
import type { BlobHealth } from "./blobs/blob-store.ts";
import { readFolderBlobStore } from "./blobs/folder.ts";
import { packetLabel } from "./packet-label.ts";
import { openSqliteRepository } from "./repository/sqlite.ts";

/** A blob that is not what it should be, and the packets that need it, as `name [tags]`. */
export interface BadBlob {
  readonly digest: Digest;
  readonly health: Exclude<BlobHealth, "sound">;
  readonly neededBy: readonly string[];
}

/**
 * Reads and hashes every blob that a packet of a data folder needs; a server may be running on it.
 * @returns how many there are, and those that are not sound
 * @throws JamesError FILE_UNREADABLE when it is no data folder, STORE_CORRUPT
 */
export async function verifyData(data: string): Promise<{ count: number; bad: readonly BadBlob[] }> {
  const needs = await neededBlobs(data);
  const blobs = readFolderBlobStore(join(data, "blobs"));
  const bad: BadBlob[] = [];
  for (const [digest, neededBy] of needs) {
    const health = await blobs.check(digest);
    if (health !== "sound") bad.push({ digest, health, neededBy });
  }
  return { count: needs.size, bad };
}

async function neededBlobs(data: string): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const file = join(data, "jamesd.db");
  if (!existsSync(file))
    throw new JamesError("FILE_UNREADABLE", `there is no ${file}`, {
      hint: "Name the data folder of a jamesd with --data.",
    });
  const repository = await openSqliteRepository(file);
  try {
    const needs = new Map<Digest, string[]>();
    for (const { digest } of await repository.packets()) {
      const packet = await repository.packet(digest);
      if (!packet) continue;
      const scripts = Object.values(packet.scripts).map((script) => script.digest);
      for (const blob of new Set([...manifestBlobs(packet.manifest).keys(), ...scripts])) {
        const users = needs.get(blob) ?? [];
        users.push(packetLabel(packet));
        needs.set(blob, users);
      }
    }
    return needs;
  } finally {
    await repository.close();
  }
}

/** What `jamesd verify` ends with when not all is well. */
export function verifyError(bad: number, count: number): JamesError {
  return new JamesError("BLOB_DAMAGED", `${bad} of ${count} blobs are damaged or missing`, {
    hint: "Check the disk. Then add the packets that need them again, from the same archives: that replaces them.",
  });
}
