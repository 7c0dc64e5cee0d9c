import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { memoryFolder } from "@jamesd/testkit";
import { backupData, restoreData } from "../../src/data/backup.ts";
import { databaseFile, openStores, type Stores } from "../../src/data/stores.ts";
import { verifyData } from "../../src/data/verify.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { chunked } from "../blob-store.contract.ts";
import { packetOf } from "../repository/repository.contract.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1 };
/** One is stored as it is, one compressed. */
const CONTENTS: Readonly<Record<string, string>> = {
  old: "an old packet's content",
  both: "what both have",
  new: "a new packet's content",
  large: "a large content that compresses well\n".repeat(5_000),
};

/** The packets of the data folder at the earlier backup, and those that it has now. */
export const EARLIER = ["both", "old"];
export const NOW = ["both", "large", "new"];

/** A folder with a data folder and an earlier backup of it, whose packets are not the same any more. */
export class BackupFixture implements AsyncDisposable {
  readonly dir = memoryFolder("jamesd-backup-");
  readonly data = join(this.dir, "data");
  readonly earlier = join(this.dir, "earlier");

  static async make(): Promise<BackupFixture> {
    const fixture = new BackupFixture();
    await setPackets(fixture.data, EARLIER);
    await backupData(fixture.data, fixture.earlier);
    await setPackets(fixture.data, NOW);
    return fixture;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.dir, { recursive: true });
  }
}

async function setPackets(data: string, names: readonly string[]): Promise<void> {
  const stores = await openStores(data);
  await changePackets(stores, names);
  await stores.close();
}

async function changePackets(stores: Stores, names: readonly string[]): Promise<void> {
  for (const { name, digest } of await stores.repository.packets.all())
    if (!names.includes(name)) await stores.repository.packets.remove(digest, ORIGIN);
  for (const name of names) {
    const content = CONTENTS[name] ?? "";
    for (const text of ["echo", content]) await stores.blobs.put(chunked(Buffer.from(text)));
    await stores.blobs.flush();
    await stores.repository.packets.add(packetOf(name, [], content), ORIGIN);
  }
  await stores.collect();
}

/** Makes these the packets of a data folder, as a server that is killed right after leaves it. */
export async function setPacketsAndDie(data: string, names: readonly string[]): Promise<void> {
  const living = `${data}.living`;
  renameSync(data, living);
  const stores = await openStores(living);
  await changePackets(stores, names);
  cpSync(living, data, { recursive: true });
  await stores.close();
  rmSync(living, { recursive: true });
}

/** The packets of a data folder or backup, of which every blob must be there and sound. */
export async function soundPackets(data: string): Promise<readonly string[]> {
  assert.deepEqual((await verifyData(data)).bad, []);
  const repository = await openSqliteRepository(databaseFile(data));
  const packets = await repository.packets.all();
  await repository.close();
  return packets.map(({ name }) => name).sort();
}

/** The packets that are there when a backup has been restored; undefined when there is no backup, and it is refused. */
export async function restored(backup: string): Promise<readonly string[] | undefined> {
  const place = memoryFolder("jamesd-restored-");
  try {
    if (!existsSync(databaseFile(backup))) {
      await assert.rejects(restoreData(backup, join(place, "data")), { code: "FILE_UNREADABLE" });
      return undefined;
    }
    await restoreData(backup, join(place, "data"));
    return await soundPackets(join(place, "data"));
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Nothing lies in a folder that its packets do not need. */
export function assertTidy(folder: string, packets: readonly string[]): void {
  // The lock of who was killed is cleared away by who takes it next.
  const names = readdirSync(folder).filter((name) => !name.endsWith(".lock"));
  assert.deepEqual(names.filter((name) => name !== "jamesd-backup").sort(), ["blobs", "jamesd.db"]);
  const blobs = readdirSync(join(folder, "blobs")).flatMap((shard) =>
    readdirSync(join(folder, "blobs", shard)),
  );
  assert.equal(blobs.length, packets.length + 1, "a blob for each packet, and the script of all");
}
