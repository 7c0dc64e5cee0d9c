import assert from "node:assert/strict";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { backupData, restoreData } from "../src/backup.ts";
import { databaseFile } from "../src/stores.ts";
import { BackupFixture, EARLIER, NOW, restored, setPacketsAndDie, soundPackets } from "./backup-fixture.ts";

test("the log that a killed server left in a backup is not taken for that of the next one", async () => {
  await using fixture = await BackupFixture.make();
  const { earlier, data } = fixture;
  await setPacketsAndDie(earlier, ["old"]);
  assert.ok(existsSync(`${databaseFile(earlier)}-wal`));
  await backupData(data, earlier);
  assert.deepEqual(await restored(earlier), NOW);
});

test("a restore does not put its database beside the log of another", async () => {
  await using fixture = await BackupFixture.make();
  const { earlier, data } = fixture;
  await setPacketsAndDie(data, ["both"]);
  renameSync(databaseFile(data), join(fixture.dir, "moved-away.db"));
  await assert.rejects(restoreData(earlier, data), {
    code: "FILE_EXISTS",
    message: /jamesd\.db-wal is what is left of another database/,
  });
  renameSync(`${databaseFile(data)}-wal`, join(fixture.dir, "moved-away.db-wal"));
  await restoreData(earlier, data);
  assert.deepEqual(await soundPackets(data), EARLIER);
});
