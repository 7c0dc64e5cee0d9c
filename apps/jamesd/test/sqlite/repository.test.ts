import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { memoryFolder } from "@jamesd/testkit";
import { NEW_STANDING } from "../../src/device/device-record.ts";
import type { Repository } from "../../src/repository/repository.ts";
import type { DeviceShare } from "../../src/sqlite/event-bound.ts";
import { MIGRATIONS } from "../../src/sqlite/migrations.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { allDevices } from "../repository/all-devices.ts";
import {
  deviceOf,
  failsWith,
  own,
  packetOf,
  type RepositoryFixture,
  repositoryContract,
  spec,
  transactionOf,
} from "../repository/repository.contract.ts";
import { certificateContract } from "../repository/repository-certificates.contract.ts";
import { rolloutEndingContract } from "../repository/repository-endings.contract.ts";
import { allEvents, eventContract } from "../repository/repository-events.contract.ts";
import { type FeedFixture, feedContract } from "../repository/repository-feed.contract.ts";
import { gatheringContract } from "../repository/repository-gathering.contract.ts";
import { joiningContract } from "../repository/repository-joining.contract.ts";
import { revocationContract } from "../repository/repository-revocations.contract.ts";
import { rolloutContract } from "../repository/repository-rollouts.contract.ts";
import { webhookContract } from "../repository/repository-webhooks.contract.ts";
import { SINCE_THE_NINTH, SINCE_THE_SIXTH } from "./older-database.ts";

async function openFixture(share?: DeviceShare): Promise<FeedFixture & { readonly file: string }> {
  const dir = memoryFolder("jamesd-repository-");
  const file = join(dir, "data", "jamesd.db");
  let current = await openSqliteRepository(file, share);
  return {
    file,
    repository: current,
    async reopen(): Promise<Repository> {
      await current.close();
      current = await openSqliteRepository(file, share);
      return current;
    },
    beside: () => openSqliteRepository(file, share),
    async dispose() {
      await current.close();
      await rm(dir, { recursive: true });
    },
  };
}

repositoryContract("SQLite", () => openFixture());
eventContract("SQLite", openFixture);
feedContract("SQLite", () => openFixture());
revocationContract("SQLite", () => openFixture());
gatheringContract("SQLite", () => openFixture());
joiningContract("SQLite", () => openFixture());
certificateContract("SQLite", () => openFixture());
webhookContract("SQLite", () => openFixture());
rolloutContract("SQLite", () => openFixture());
rolloutEndingContract("SQLite", () => openFixture());

describe("SQLite: the file", () => {
  async function withFile(work: (file: string, fixture: RepositoryFixture) => Promise<void>): Promise<void> {
    const fixture = await openFixture();
    try {
      await work(fixture.file, fixture);
    } finally {
      await fixture.dispose();
    }
  }
  function change(file: string, sql: string): void {
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
  }

  test("keeps a write-ahead log and says its version", () =>
    withFile(async (file, fixture) => {
      await fixture.repository.close();
      const db = new DatabaseSync(file);
      assert.equal(db.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
      assert.equal(db.prepare("PRAGMA user_version").get()?.user_version, MIGRATIONS.length);
      db.close();
    }));

  test("of a newer version is refused and left as it is", () =>
    withFile(async (file, fixture) => {
      await fixture.repository.close();
      change(file, "PRAGMA user_version = 999");
      await assert.rejects(
        openSqliteRepository(file),
        failsWith("STORE_CORRUPT", /jamesd\.db has version 999/),
      );
      change(file, `PRAGMA user_version = ${MIGRATIONS.length}`);
      await fixture.reopen();
    }));

  test("of the first version is brought forward with what it holds", () =>
    withFile(async (file, fixture) => {
      const old = packetOf("a", ["v1"]);
      await fixture.repository.packets.add(old, { author: "olga", address: "10.0.0.1", time: 1 });
      await fixture.repository.devices.save([deviceOf("d1")], []);
      await fixture.repository.documents.commit([own("d1", [])], {
        author: "olga",
        address: "10.0.0.1",
        message: "m",
        time: 1,
      });
      await fixture.repository.close();
      change(
        file,
        `${SINCE_THE_SIXTH};
         DROP TABLE events;
         DROP TABLE documents;
         DROP TABLE deltas;
         CREATE TABLE desired (device TEXT NOT NULL, revision INTEGER NOT NULL REFERENCES revisions (number),
           apps TEXT NOT NULL, PRIMARY KEY (device, revision)) STRICT, WITHOUT ROWID;
         INSERT INTO desired VALUES ('d1', 1, '[{"name":"a","tags":["v1"]}]');
         CREATE TABLE desired_current (device TEXT PRIMARY KEY, revision INTEGER NOT NULL,
           FOREIGN KEY (device, revision) REFERENCES desired (device, revision)) STRICT, WITHOUT ROWID;
         INSERT INTO desired_current VALUES ('d1', 1);
         ALTER TABLE packets DROP COLUMN properties;
         ALTER TABLE devices DROP COLUMN retry;
         PRAGMA user_version = 1`,
      );
      const repository = await fixture.reopen();
      assert.deepEqual(await repository.packets.get(old.digest), old);
      assert.deepEqual(await allDevices(repository), [
        {
          ...deviceOf("d1"),
          given: [],
          features: [],
          certEnds: null,
          certIssuer: null,
          certSerial: null,
          renew: null,
          drift: null,
          go: null,
        },
      ]);
      const content = { selector: [], apps: [{ name: "a", tags: ["v1"] }], policy: {} };
      assert.deepEqual(await repository.documents.all(), [
        { kind: "device", id: "d1", revision: 1, content },
      ]);
    }));

  test("of the fifth version forgets its deltas, whose form is another one", () =>
    withFile(async (file, fixture) => {
      const [old, next] = [packetOf("a", ["v1"]), packetOf("a", ["v2"])];
      for (const packet of [old, next])
        await fixture.repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: 1 });
      await fixture.repository.made.saveDelta(old.digest, next.digest, null);
      await fixture.repository.close();
      change(file, `${SINCE_THE_SIXTH}; PRAGMA user_version = 5`);
      const repository = await fixture.reopen();
      assert.equal(await repository.made.delta(old.digest, next.digest), undefined);
    }));

  test("of the sixth version gets room for whole bundles, and keeps its deltas", () =>
    withFile(async (file, fixture) => {
      const [old, next] = [packetOf("a", ["v1"]), packetOf("a", ["v2"])];
      for (const packet of [old, next])
        await fixture.repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: 1 });
      await fixture.repository.made.saveDelta(old.digest, next.digest, null);
      await fixture.repository.close();
      change(file, `${SINCE_THE_SIXTH}; PRAGMA user_version = 6`);
      const repository = await fixture.reopen();
      assert.equal(await repository.made.delta(old.digest, next.digest), null);
      assert.equal(await repository.made.wholeBundle(old.digest), undefined);
      await repository.made.saveWholeBundle(old.digest, null);
      assert.equal(await repository.made.wholeBundle(old.digest), null);
    }));

  test("of the ninth version gets a history of its own; devices that had reported a transaction stay managed", () =>
    withFile(async (file, fixture) => {
      await fixture.repository.devices.save([deviceOf("a"), deviceOf("b", 1, transactionOf("t"))], []);
      await fixture.repository.close();
      change(file, `${SINCE_THE_NINTH}; PRAGMA user_version = 9`);
      const repository = await fixture.reopen();
      const [a, b] = await allDevices(repository);
      assert.deepEqual(a?.standing, NEW_STANDING);
      assert.deepEqual(b?.standing, { ...NEW_STANDING, isManaged: true });
      assert.equal((await repository.revisions.historyKey()).length, 32);
    }));

  test("that is no database is refused", () =>
    withFile(async (file) => {
      const other = `${file}.txt`;
      await writeFile(other, "this is not a database, and long enough to look at ".repeat(100));
      await assert.rejects(
        openSqliteRepository(other),
        failsWith("STORE_CORRUPT", /is not a whole database/),
      );
    }));

  test("two connections see each other's work", () =>
    withFile(async (file, fixture) => {
      const other = await openSqliteRepository(file);
      const packet = packetOf("a", ["v1"]);
      await fixture.repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: 1 });
      assert.deepEqual(await other.packets.get(packet.digest), packet);
      assert.equal(
        (await other.packets.add(packet, { author: "otto", address: "10.0.0.1", time: 2 })).created,
        false,
      );
      await other.close();
    }));

  test("what another connection makes of specs counts for the log of a device", () =>
    withFile(async (file, fixture) => {
      const other = await openSqliteRepository(file);
      const request = { author: "olga", address: "10.0.0.1", message: "m", time: 1 };
      const asked = { device: { id: "d", tags: ["arm"] }, limit: 9, isLast: false };
      const found = async () => (await fixture.repository.events.page(asked)).map(({ sequence }) => sequence);
      await other.documents.commit([spec("s", ["x"], [])], request);
      assert.deepEqual(await found(), []);
      await other.documents.commit([spec("s", ["arm"], [])], request);
      assert.deepEqual(await found(), [1, 2]);
      await other.documents.commit([own("e", [])], request);
      await other.documents.commit([spec("s", ["x"], []), spec("t", ["arm"], [])], request);
      assert.deepEqual(await found(), [1, 2, 4]);
      await other.close();
    }));

  test("keeps 10,000 events of a device, and few more, unless told otherwise", () =>
    withFile(async (_, { repository }) => {
      const from = { author: "d", address: "10.0.0.1", device: "d" };
      const events = Array.from({ length: 10_700 }, (_, time) => ({
        ...{ ...from, time },
        kind: "device-removed" as const,
      }));
      await repository.devices.save([deviceOf("d")], events);
      const { length } = await allEvents(repository);
      assert.ok(length >= 10_000 && length <= 10_625, String(length));
    }));

  test("history cannot be rewritten", () =>
    withFile(async (file, fixture) => {
      await fixture.repository.documents.commit([own("d1", [])], {
        author: "olga",
        address: "10.0.0.1",
        message: "m",
        time: 1,
      });
      for (const sql of [
        "UPDATE revisions SET author = 'x'",
        "DELETE FROM documents",
        "UPDATE documents SET content = NULL",
        "UPDATE events SET author = 'x'",
      ])
        assert.throws(() => change(file, sql), /immutable/);
    }));

  const packet = packetOf("a", ["v1"]);
  const broken: readonly [sql: string, row: RegExp, read: (repository: Repository) => Promise<unknown>][] = [
    ["UPDATE packets SET manifest = x'00'", /the packet [0-9a-f]{64}/, (it) => it.packets.get(packet.digest)],
    [
      "UPDATE packets SET manifest = x'0000'",
      /the packet [0-9a-f]{64}/,
      (it) => it.packets.json(packet.digest),
    ],
    ["UPDATE packets SET name = 'b'", /the packet .* another digest/, (it) => it.packets.get(packet.digest)],
    ["UPDATE packets SET tags = '[1]'", /the packet [0-9a-f]{64}/, (it) => it.packets.all()],
    ["UPDATE packets SET scripts = '{'", /the packet [0-9a-f]{64}/, (it) => it.packets.all()],
    ["UPDATE devices SET state = '[]'", /the device d1/, (it) => it.devices.getAll(["d1"])],
    ["UPDATE devices SET state = '{}'", /the device d1.*systemtags/, (it) => it.devices.getAll(["d1"])],
    ["UPDATE devices SET last_transaction = '3'", /the device d1/, (it) => it.devices.getAll(["d1"])],
    [
      `DROP TRIGGER documents_stay; UPDATE documents SET content = '{"selector":[],"apps":[{"name":"a"}],"policy":{}}'`,
      /the document device d1 at revision 1/,
      (it) => it.documents.all(),
    ],
  ];
  for (const [sql, row, read] of broken)
    test(`a broken row is named: ${sql}`, () =>
      withFile(async (file, { repository }) => {
        await repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: 1 });
        await repository.devices.save([deviceOf("d1")], []);
        await repository.documents.commit([own("d1", [])], {
          author: "olga",
          address: "10.0.0.1",
          message: "m",
          time: 1,
        });
        change(file, sql);
        await assert.rejects(read(repository), failsWith("STORE_CORRUPT", row));
      }));
});
