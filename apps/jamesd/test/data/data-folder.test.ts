import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { JamesError, sha256 } from "@jamesd/model";
import { pick, sweepTest } from "@jamesd/testkit";
import { backupData } from "../../src/data/backup.ts";
import { collectData } from "../../src/data/gc.ts";
import { databaseFile, openStores } from "../../src/data/stores.ts";
import { verifyData } from "../../src/data/verify.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { allDevices } from "../repository/all-devices.ts";
import { deviceOf, own, spec } from "../repository/repository.contract.ts";
import { SINCE_THE_SIXTH } from "../sqlite/older-database.ts";
import { BackupFixture, EARLIER, NOW, setPacketsAndDie, soundPackets } from "./backup-fixture.ts";

/** Every file of a folder, with what it holds and when it was last changed. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { mtimeMs, size } = statSync(join(folder, name));
      const isFile = statSync(join(folder, name)).isFile();
      return [name, size, mtimeMs, isFile && sha256(readFileSync(join(folder, name)))].join();
    });
}

const LOSSES: Readonly<Record<string, (data: string) => void>> = {
  "is gone": (data) => rmSync(databaseFile(data)),
  "is empty": (data) => truncateSync(databaseFile(data)),
};

describe("a data folder whose database", () => {
  for (const [what, lose] of Object.entries(LOSSES))
    test(`${what} is refused by everything that looks at it, and loses no blob`, async () => {
      await using fixture = await BackupFixture.make();
      lose(fixture.data);
      const before = filesOf(join(fixture.data, "blobs"));
      for (const use of [
        () => openStores(fixture.data),
        () => collectData(fixture.data),
        () => verifyData(fixture.data),
        () => backupData(fixture.data, join(fixture.dir, "copy")),
      ])
        await assert.rejects(use(), (error) => {
          assert.ok(error instanceof JamesError && error.code === "STORE_CORRUPT", String(error));
          assert.match(error.message, /the database .*jamesd\.db is lost/);
          assert.match(error.hint ?? "", /jamesd restore/);
          return true;
        });
      assert.deepEqual(filesOf(join(fixture.data, "blobs")), before);
    });

  test("is gone and left its log is refused, also without blobs", async () => {
    await using fixture = await BackupFixture.make();
    await setPacketsAndDie(fixture.data, EARLIER);
    rmSync(databaseFile(fixture.data));
    rmSync(join(fixture.data, "blobs"), { recursive: true });
    await assert.rejects(openStores(fixture.data), { code: "STORE_CORRUPT" });
  });

  test("was never there is a new one, also after a first start that was cut", async () => {
    await using fixture = await BackupFixture.make();
    const data = join(fixture.dir, "new");
    mkdirSync(join(data, "blobs/00"), { recursive: true });
    writeFileSync(databaseFile(data), "");
    await (await openStores(data)).close();
    assert.deepEqual(await soundPackets(data), []);
  });

  test("has an earlier version is looked at without a change", async () => {
    await using fixture = await BackupFixture.make();
    const db = new DatabaseSync(databaseFile(fixture.data));
    db.exec(`${SINCE_THE_SIXTH}; PRAGMA user_version = 6`);
    db.close();
    const before = filesOf(fixture.data);
    const { count, bad } = await verifyData(fixture.data);
    assert.deepEqual([count, bad], [NOW.length + 1, []]);
    assert.deepEqual(filesOf(fixture.data), before);
  });

  test("moved, is reached through a link, or was copied, is the same", async () => {
    await using fixture = await BackupFixture.make();
    const packets = await soundPackets(fixture.data);
    const moved = join(fixture.dir, "moved");
    renameSync(fixture.data, moved);
    symlinkSync("moved", fixture.data);
    assert.deepEqual(await soundPackets(fixture.data), packets);
    cpSync(moved, join(fixture.dir, "copied"), { recursive: true });
    assert.deepEqual(await soundPackets(join(fixture.dir, "copied")), packets);
  });

  test("is of this version is looked at without a change, beside a server or not", async () => {
    await using fixture = await BackupFixture.make();
    const before = filesOf(fixture.data);
    assert.deepEqual((await verifyData(fixture.data)).bad, []);
    assert.deepEqual(filesOf(fixture.data), before);
    const stores = await openStores(fixture.data);
    assert.deepEqual((await verifyData(fixture.data)).bad, []);
    await stores.close();
    assert.deepEqual(await soundPackets(fixture.data), NOW);
  });
});

/** Reads everything that a start and requests read, and writes. */
async function useAll(file: string): Promise<void> {
  const repository = await openSqliteRepository(file);
  try {
    for (const { digest } of await repository.packets.all()) await repository.packets.get(digest);
    await repository.made.blobs();
    await allDevices(repository);
    await repository.documents.all();
    await repository.revisions.list({ limit: 10 });
    await repository.documents.versions({ kind: "device", id: "d1" });
    await repository.events.page({ limit: 100, isLast: true });
    await repository.devices.save([deviceOf("d2")], []);
  } finally {
    await repository.close();
  }
}

describe("a damaged database", () => {
  sweepTest("says that it is damaged, whatever bit was turned, and nothing else", {}, async (t) => {
    await using fixture = await BackupFixture.make();
    const repository = await openSqliteRepository(databaseFile(fixture.data));
    const request = { author: "olga", address: "10.0.0.1", message: "m", time: 1 };
    await repository.documents.commit(
      [own("d1", [{ name: "a", tags: ["v1"] }]), spec("s", ["x"], [])],
      request,
    );
    await repository.devices.save([deviceOf("d1")], []);
    await repository.close();
    const whole = readFileSync(databaseFile(fixture.data));
    // One of each byte; most of a page is zeros that mean nothing.
    const bits = [...whole.keys()].filter((at) => whole[at]).map((at) => at * 8 + (at % 8));
    const names = ["last_seen", "manifest", "documents"].map((name) => whole.indexOf(name) * 8);
    let noticed = 0;
    for (const bit of [...names, ...pick("bits of a database", bits, 200)]) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const file = join(fixture.dir, "damaged.db");
      writeFileSync(file, damaged);
      const thrown = await useAll(file).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (thrown === undefined) continue;
      noticed += 1;
      assert.ok(
        thrown instanceof JamesError && thrown.code === "STORE_CORRUPT",
        `bit ${bit}: ${JSON.stringify(thrown)} ${thrown}`,
      );
    }
    t.diagnostic(`${noticed} noticed, of ${bits.length} bits`);
    assert.ok(noticed > 10, `${noticed}`);
  });

  test("is found by verify, which names the database", async () => {
    await using fixture = await BackupFixture.make();
    const db = new DatabaseSync(databaseFile(fixture.data));
    const { pageno } = db
      .prepare("SELECT rootpage AS pageno FROM sqlite_schema WHERE name = 'events_by_time'")
      .get() as {
      pageno: number;
    };
    db.close();
    const bytes = readFileSync(databaseFile(fixture.data));
    // No statement of verify reads this index; a record in it says another time now.
    const at = pageno * 4096 - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(databaseFile(fixture.data), bytes);
    await assert.rejects(verifyData(fixture.data), (error) => {
      assert.ok(error instanceof JamesError && error.code === "STORE_CORRUPT", String(error));
      assert.match(error.message, /the database .* is damaged: .*events_by_time/);
      return true;
    });
  });
});

describe("what was written is in the database's own file", () => {
  /** What the file by itself holds, without its log. */
  function tagsIn(file: string, copy: string): readonly unknown[] {
    copyFileSync(file, copy);
    const db = new DatabaseSync(copy);
    try {
      return db
        .prepare("SELECT id FROM devices")
        .all()
        .map(({ id }) => id);
    } finally {
      db.close();
    }
  }

  test("from the start on, and soon after each write", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    await using fixture = await BackupFixture.make();
    const [file, copy] = [join(fixture.dir, "new", "jamesd.db"), join(fixture.dir, "copy.db")];
    const repository = await openSqliteRepository(file);
    assert.deepEqual(tagsIn(file, copy), []);
    for (const ids of [["d1"], ["d1", "d2"]]) {
      await repository.devices.save(
        ids.map((id) => deviceOf(id)),
        [],
      );
      assert.notDeepEqual(tagsIn(file, copy), ids);
      t.mock.timers.tick(60_000);
      assert.deepEqual(tagsIn(file, copy), ids);
    }
    await repository.close();
  });
});

const LOSSES_MEANWHILE: Readonly<Record<string, (data: string) => void>> = {
  "the whole folder is removed": (data) => rmSync(data, { recursive: true }),
  "the database is replaced by a copy": (data) => {
    copyFileSync(databaseFile(data), `${data}.copy`);
    renameSync(`${data}.copy`, databaseFile(data));
  },
  "the log beside it is removed": (data) => rmSync(`${databaseFile(data)}-wal`),
};

describe("what is written while jamesd runs is not acknowledged when", () => {
  for (const [what, lose] of Object.entries(LOSSES_MEANWHILE))
    test(what, async () => {
      await using fixture = await BackupFixture.make();
      const repository = await openSqliteRepository(databaseFile(fixture.data));
      await repository.devices.save([deviceOf("d1")], []);
      lose(fixture.data);
      for (const id of ["d2", "d3"])
        await assert.rejects(repository.devices.save([deviceOf(id)], []), {
          code: "STORE_CORRUPT",
          message: /removed or replaced while jamesd ran/,
        });
      await repository.close();
    });
});
