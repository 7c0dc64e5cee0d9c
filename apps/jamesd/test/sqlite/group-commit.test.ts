import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SqliteDatabase } from "../../src/sqlite/database.ts";
import { failsWith } from "../repository/repository.contract.ts";

/** Runs a work on a database with a table `said (n INTEGER)` that takes each number once. */
async function withDatabase(work: (db: SqliteDatabase, count: () => number) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "jamesd-group-"));
  const db = SqliteDatabase.open(join(dir, "a.db"));
  try {
    await db.write(() => db.prepare("CREATE TABLE said (n INTEGER PRIMARY KEY) STRICT").run());
    const count = db.prepare("SELECT count(*) AS count FROM said");
    await work(db, () => Number(count.get()?.count));
  } finally {
    db.close();
    await rm(dir, { recursive: true });
  }
}

test("what breaks a rule of the database is undone whole, and nothing else with it", () =>
  withDatabase(async (db, count) => {
    const say = db.prepare("INSERT INTO said (n) VALUES (?)");
    const outcomes = await Promise.allSettled(
      [[1, 2], [3, 1], [4], [5, "no number"], [6]].map((numbers) =>
        db.gather(() => {
          for (const n of numbers) say.run(n);
          return numbers.length;
        }),
      ),
    );
    assert.deepEqual(
      outcomes.map((one) => (one.status === "fulfilled" ? one.value : one.reason.code)),
      [2, "STORE_CORRUPT", 1, "STORE_CORRUPT", 1],
    );
    assert.equal(count(), 4);
  }));

test("nothing is told before it is durable", () =>
  withDatabase(async (db, count) => {
    const say = db.prepare("INSERT INTO said (n) VALUES (?)");
    const order: string[] = [];
    const said = [1, 2].map(async (n) => {
      await db.gather(() => {
        say.run(n);
        order.push(`written ${n}`);
      });
      order.push(`told ${n}`);
    });
    assert.deepEqual([count(), db.waiting], [0, 2]);
    await Promise.all(said);
    assert.equal(db.waiting, 0);
    assert.deepEqual(order, ["written 1", "written 2", "told 1", "told 2"]);
  }));

test("a failure of the database refuses all that share its transaction, and none of it is there", () =>
  withDatabase(async (db, count) => {
    const say = db.prepare("INSERT INTO said (n) VALUES (?)");
    const full = Object.assign(new Error("database or disk is full"), { errcode: 13 });
    const outcomes = await Promise.allSettled([
      db.gather(() => say.run(1)),
      db.gather(() => {
        throw full;
      }),
      db.gather(() => say.run(2)),
    ]);
    assert.deepEqual(
      outcomes.map((one) => (one.status === "rejected" ? one.reason.code : one.status)),
      ["STORAGE_FULL", "STORAGE_FULL", "STORAGE_FULL"],
    );
    assert.equal(count(), 0);
    await db.gather(() => say.run(1));
    assert.equal(count(), 1);
  }));

test("of too many at once the last are refused, and the others written", () =>
  withDatabase(async (db) => {
    const taken = Array.from({ length: 20_000 }, (_, i) => db.gather(() => i));
    const refused = db.gather(() => 0);
    await assert.rejects(refused, failsWith("SERVER_BUSY", /wait to be written/));
    assert.deepEqual(
      await Promise.all(taken),
      taken.map((_, i) => i),
    );
    await db.gather(() => 0);
  }));
