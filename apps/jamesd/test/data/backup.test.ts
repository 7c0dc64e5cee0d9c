import assert from "node:assert/strict";
import {
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { injecting, requireTool, sh, skipUnless } from "@jamesd/testkit";
import { backupData, restoreData } from "../../src/data/backup.ts";
import { databaseFile, openStores } from "../../src/data/stores.ts";
import { verifyData } from "../../src/data/verify.ts";
import { chunked } from "../blob-store.contract.ts";
import { linesOf } from "../blob-store.faults.ts";
import { packetOf } from "../repository/repository.contract.ts";
import {
  assertTidy,
  BackupFixture,
  EARLIER,
  NOW,
  restored,
  setPacketsAndDie,
  soundPackets,
} from "./backup-fixture.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1 };

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

test("no token of a backup lets devices in after a restore, unless they are to be kept", async () => {
  await using fixture = await BackupFixture.make();
  const { earlier, data, dir } = fixture;
  const stores = await openStores(data);
  const { enrollTokens } = stores.repository;
  const token = { secretDigest: "f".repeat(64), device: null, prefix: null, tags: [], uses: 1, used: 0 };
  const origin = { author: "olga", address: "10.0.0.1", time: 1 };
  const alive = { ...token, ...origin, lastUsed: null, ends: Date.now() + 1e9 };
  await enrollTokens.add({ ...alive, id: "alive" });
  await enrollTokens.add({ ...alive, id: "ended", ends: Date.now() - 1 });
  await enrollTokens.add({ ...alive, id: "used-up", used: 1 });
  await stores.close();
  await backupData(data, earlier);
  for (const keepTokens of [true, false]) {
    const to = join(dir, keepTokens ? "kept" : "dropped");
    const { droppedTokens } = await restoreData(earlier, to, { keepTokens });
    assert.equal(droppedTokens, keepTokens ? 0 : 2);
    const restored = await openStores(to);
    const { repository } = restored;
    const ids = (await repository.enrollTokens.all()).map(({ id }) => id);
    assert.deepEqual(ids, keepTokens ? ["alive", "ended", "used-up"] : ["used-up"]);
    const told = await repository.events.page({ kinds: ["token-revoked"], limit: 9, isLast: false });
    const authors = told.map((event) => event.author);
    assert.deepEqual(authors, keepTokens ? [] : ["restore", "restore"]);
    await restored.close();
  }
});

test("an unfinished restore is no new data folder: no server begins with nothing in it", async () => {
  await using fixture = await BackupFixture.make();
  const { earlier, dir } = fixture;
  const data = join(dir, "restored");
  const blob = readdirSync(join(earlier, "blobs")).flatMap((shard) =>
    readdirSync(join(earlier, "blobs", shard)).map((name) => join(earlier, "blobs", shard, name)),
  )[0];
  assert.ok(blob);
  renameSync(blob, join(dir, "blob"));
  await assert.rejects(restoreData(earlier, data), { code: "BLOB_DAMAGED" });
  await assert.rejects(openStores(data), { code: "STORE_CORRUPT", message: /was not restored to its end/ });
  renameSync(join(dir, "blob"), blob);
  await restoreData(earlier, data);
  await (await openStores(data)).close();
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

test("the folder of a blob that was there before is synced too: who copied it may have died before", {
  skip: requireTool("strace"),
}, async () => {
  await using fixture = await BackupFixture.make();
  const { earlier, data } = fixture;
  const digest = sha256("echo");
  const failing = injecting("fsync:error=EIO:when=1", join(earlier, "blobs", digest.slice(0, 2)));
  assert.deepEqual(await linesOf("data/backup-runner.ts", ["backup", data, earlier], failing), [
    "STORE_CORRUPT",
  ]);
});

test("a damaged blob of a backup is mended also when the server has it in another form", async () => {
  await using fixture = await BackupFixture.make();
  const { earlier, data } = fixture;
  await backupData(data, earlier);
  const blobs = readdirSync(join(earlier, "blobs"), { recursive: true, encoding: "utf8" });
  const compressed = blobs.find((name) => name.endsWith(".best.zst"));
  assert.ok(compressed);
  const path = join(earlier, "blobs", compressed);
  rmSync(path);
  writeFileSync(path.replace(".best.zst", ""), "as an earlier version stored it, and damaged");
  await backupData(data, earlier);
  assert.deepEqual(await soundPackets(earlier), NOW);
  assertTidy(earlier, NOW);
});

test("a backup of what was uploaded a moment ago is whole, also when the server compresses it anew meanwhile", async () => {
  await using fixture = await BackupFixture.make();
  const { data, earlier, dir } = fixture;
  const stores = await openStores(data);
  const contents = Array.from({ length: 30 }, (_, n) => `a line of content ${n}\n`.repeat(10_000));
  const blobs = await Promise.all(
    contents.map((content) =>
      stores.blobs.put(chunked(Buffer.from(content)), undefined, { isHurried: true }),
    ),
  );
  await stores.blobs.flush();
  for (const [n, content] of contents.entries())
    await stores.repository.packets.add(packetOf(`hurried-${n}`, [], content), ORIGIN);
  await backupData(data, join(dir, "early"));
  const recompressed = Promise.all(blobs.map(({ digest }) => stores.blobs.recompress(digest)));
  await backupData(data, earlier);
  await recompressed;
  await stores.close();
  for (const backup of ["early", "earlier"]) {
    assert.deepEqual((await verifyData(join(dir, backup))).bad, []);
    const to = join(dir, `restored-${backup}`);
    await restoreData(join(dir, backup), to);
    const restored = await openStores(to);
    await restored.blobs.findHurried();
    if (backup === "early") assert.equal(restored.blobs.hurried.size, blobs.length);
    for (const digest of restored.blobs.hurried) await restored.blobs.recompress(digest);
    for (const { digest } of blobs) assert.ok(await restored.blobs.compressed(digest));
    await restored.close();
  }
});

test("a blob that the server has just given another name is looked for once more", {
  skip: requireTool("strace"),
}, async () => {
  await using fixture = await BackupFixture.make();
  const { data, dir } = fixture;
  const name = `${sha256("what both have").slice(0, 2)}/${sha256("what both have")}`;
  const gone = (when: string) => injecting(`openat:error=ENOENT:when=${when}`, join(data, "blobs", name));
  const backup = (to: string, when: string) =>
    linesOf("data/backup-runner.ts", ["backup", data, join(dir, to)], gone(when));
  assert.deepEqual(await backup("once", "1"), ["copied"]);
  assert.deepEqual(await backup("always", "1+"), ["STORE_CORRUPT"]);
});

test("a backup makes no folder where another user's link leads", {
  skip: skipUnless(process.geteuid?.() === 0, "only root gives files away"),
}, async () => {
  await using fixture = await BackupFixture.make();
  const { data, dir } = fixture;
  const [target, link] = [join(dir, "target"), join(dir, "link")];
  mkdirSync(target);
  symlinkSync(target, link);
  lchownSync(link, 12_345, 12_345);
  await assert.rejects(backupData(data, join(link, "new")), { code: "FOLDER_UNSAFE" });
  assert.deepEqual(readdirSync(target), []);
});
