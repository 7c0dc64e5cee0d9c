import assert from "node:assert/strict";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { requireTool, sh, skipUnless } from "@jamesd/testkit";
import { backupData, restoreData } from "../src/backup.ts";
import { databaseFile } from "../src/stores.ts";
import { verifyData } from "../src/verify.ts";
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

test("a backup that nobody may write to is verified and restored", {
  skip: requireTool("mount") || skipUnless(process.getuid?.() === 0, "needs root to mount"),
}, async () => {
  await using fixture = await BackupFixture.make();
  const { earlier, dir } = fixture;
  const place = join(dir, "read-only");
  mkdirSync(place);
  sh("mount", "--bind", earlier, place);
  try {
    sh("mount", "-o", "remount,bind,ro", place);
    assert.deepEqual((await verifyData(place)).bad, []);
    await restoreData(place, join(dir, "restored"));
  } finally {
    sh("umount", place);
  }
  assert.deepEqual(await soundPackets(join(dir, "restored")), EARLIER);
});
