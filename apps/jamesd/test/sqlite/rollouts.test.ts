import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import type { OpenedWave } from "@jamesd/model";
import { memoryFolder } from "@jamesd/testkit";
import { backupData, restoreData } from "../../src/data/backup.ts";
import { databaseFile } from "../../src/data/stores.ts";
import { packIds, unpackIds } from "../../src/repository/packed-ids.ts";
import type { Repository } from "../../src/repository/repository.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { failsWith, own, spec } from "../repository/repository.contract.ts";
import { LATER, REQUEST, rolloutOf, SECOND, stateOf } from "../repository/rollout-values.ts";

/** A database with a rollout, the second, that took the place of the first and has opened two waves. */
async function makeRollouts(file: string): Promise<void> {
  const repository = await openSqliteRepository(file);
  const { documents, rollouts } = repository;
  await documents.commit([spec("s", ["x"], [])], REQUEST, undefined, { rollout: rolloutOf() });
  const next = [spec("s", ["y"], []), own("d", [])];
  await documents.commit(next, REQUEST, undefined, { rollout: rolloutOf([1]) });
  const opening = { state: stateOf({ wave: 2 }), opens: [SECOND], excuses: ["a"] };
  await rollouts.step(2, 1, opening, LATER);
  await repository.close();
}

async function withFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = memoryFolder("jamesd-rollouts-");
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function within<T>(file: string, work: (repository: Repository) => Promise<T>): Promise<T> {
  const repository = await openSqliteRepository(file);
  try {
    return await work(repository);
  } finally {
    await repository.close();
  }
}

/** Changes rows as no program of ours does. */
function damage(file: string, sql: string, ...values: SQLInputValue[]): void {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  db.exec("PRAGMA ignore_check_constraints = on");
  const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  db.prepare(sql).run(...values);
  db.close();
}

const PACKED = packIds({ waves: [{ ids: ["c"], later: [] }], excused: ["a"] });
const STATE = (said: object) => JSON.stringify({ ...stateOf({ wave: 2 }), ...said });
const json = (value: unknown) => zstdCompressSync(JSON.stringify(value));
/** What may become of the rollout that is live, by the table and column. */
const DAMAGES: readonly [string, string, SQLInputValue][] = [
  ...["", "[]", '{"waves":["a"]}', '{"approve":"b"}', '{"onFailure":"b"}', '{"success":7}'].map(
    (text) => ["rollouts", "settings", text] as [string, string, SQLInputValue],
  ),
  ["rollouts", "packet", "vpn"],
  ["rollouts", "supersedes", "{}"],
  ["rollouts", "supersedes", '["1"]'],
  ["rollouts", "supersedes", "[7]"],
  ["rollouts", "ended", 2],
  ["rollout_steps", "state", "null"],
  ...[
    { status: "odd" },
    { wave: "2" },
    { wave: 4 },
    { openedMs: null },
    { steadyMs: "1" },
    { before: "paused" },
  ].map((said) => ["rollout_steps", "state", STATE(said)] as [string, string, SQLInputValue]),
  ["rollout_steps", "state", STATE({ trouble: "odd" })],
  ["rollout_steps", "state", STATE({ status: "finished" })],
  ["rollout_steps", "opened", "{}"],
  ["rollout_steps", "opened", "[]"],
  ["rollout_steps", "opened", '[{"wave":"50%","share":0.5}]'],
  ["rollout_steps", "opened", '[{"wave":"0%","share":0.5,"devices":1}]'],
  ["rollout_steps", "opened", '[{"wave":"50%","share":0.5,"devices":2}]'],
  [
    ...(["rollout_steps", "opened"] as const),
    '[{"wave":"50%","share":0.5,"devices":1},{"wave":"100%","share":1,"devices":0}]',
  ],
  ["rollout_steps", "ids", PACKED.slice(0, -1)],
  ["rollout_steps", "ids", Buffer.from("{}")],
  ["rollout_steps", "ids", json({})],
  ["rollout_steps", "ids", json({ waves: [{ ids: ["c"] }], excused: [] })],
  ["rollout_steps", "ids", json({ waves: [{ ids: [7], later: [] }], excused: [] })],
  ["rollout_steps", "ids", json({ waves: [{ ids: ["c"], later: [] }], excused: [7] })],
  ["rollout_documents", "kind", "rollout"],
];

test("whatever of a rollout is damaged is told", () =>
  withFolder(async (dir) => {
    for (const [n, [table, column, value]] of DAMAGES.entries()) {
      const file = join(dir, `${n}.db`);
      await makeRollouts(file);
      const newest = table === "rollout_steps" ? "AND step = 2" : "";
      damage(file, `UPDATE ${table} SET ${column} = ? WHERE revision = 2 ${newest}`, value);
      await within(file, async ({ rollouts }) => {
        const what = `${table} ${column} ${value}`;
        const read = column === "ended" ? rollouts.get(2) : rollouts.counting();
        await assert.rejects(read, { code: "STORE_CORRUPT" }, what);
      });
    }
  }));

test("a rollout without steps or revision is told", () =>
  withFolder(async (dir) => {
    for (const [n, sql] of [
      "DELETE FROM rollout_steps WHERE revision = 2",
      "DELETE FROM revisions WHERE number = 2",
      "UPDATE rollout_steps SET state = 'x' WHERE revision = 1",
    ].entries()) {
      const file = join(dir, `${n}.db`);
      await makeRollouts(file);
      damage(file, sql);
      await within(file, async ({ rollouts }) => {
        const told = failsWith("STORE_CORRUPT", /the rollout [12] is stored brokenly/);
        await assert.rejects(rollouts.counting(), told);
        await assert.rejects(rollouts.list({ limit: 9 }), told);
      });
    }
  }));

test("what another process does with rollouts is seen, and what never changes is not read again", () =>
  withFolder(async (dir) => {
    const file = join(dir, "jamesd.db");
    await makeRollouts(file);
    await within(file, async ({ rollouts }) => {
      const before = await rollouts.counting();
      const third: OpenedWave = { wave: { percent: 100 }, ids: ["e"], later: [], share: 1 };
      const step = { state: stateOf({ wave: 3 }), opens: [third] };
      await within(file, (other) => other.rollouts.step(2, 2, step, LATER));
      const after = await rollouts.counting();
      assert.deepEqual(after[1]?.waves, [...(before[1]?.waves ?? []), third]);
      assert.equal(after[1]?.waves[0], before[1]?.waves[0]);
      assert.equal(after[0]?.waves[0], before[0]?.waves[0]);
      const over = { state: stateOf({ wave: 3, status: "finished" }) };
      await within(file, (other) => other.rollouts.step(2, 3, over, LATER));
      assert.deepEqual(await rollouts.counting(), []);
    });
  }));

test("ids that unpack to more than anything that is packed are refused", () => {
  const many = Array.from({ length: 1000 }, (_, i) => `device-${i}`);
  const ids = { waves: [{ ids: many, later: ["e"] }], excused: [] };
  const packed = packIds(ids);
  assert.deepEqual(unpackIds(packed), ids);
  assert.throws(() => unpackIds(packed, 1000), { code: "ERR_BUFFER_TOO_LARGE" });
});

test("a database from before there were rollouts gets them", () =>
  withFolder(async (dir) => {
    const file = join(dir, "jamesd.db");
    await within(file, ({ documents }) => documents.commit([spec("s", ["x"], [])], REQUEST));
    const db = new DatabaseSync(file);
    db.exec(
      `DROP INDEX revisions_reverting; ALTER TABLE revisions DROP COLUMN reverts; DROP TABLE rollout_counts; DROP TABLE server_runs; DROP TABLE rollout_steps; DROP TABLE rollout_documents; DROP TABLE rollouts;
       PRAGMA user_version = 25`,
    );
    db.close();
    await within(file, async ({ documents, rollouts, runs }) => {
      assert.deepEqual(await rollouts.counting(), []);
      assert.deepEqual(await runs.since(0), []);
      await documents.commit([spec("s", ["y"], [])], REQUEST, undefined, { rollout: rolloutOf() });
      assert.deepEqual((await rollouts.get(2))?.documents, [{ kind: "spec", id: "s", stable: 1 }]);
    });
  }));

test("a backup holds rollouts, and what was restored goes on with them", () =>
  withFolder(async (dir) => {
    const [data, backup, restored] = ["data", "backup", "restored"].map((name) => join(dir, name));
    assert.ok(data && backup && restored);
    await makeRollouts(databaseFile(data));
    await backupData(data, backup);
    const saved = await within(databaseFile(data), everything);
    await within(databaseFile(data), ({ rollouts }) => rollouts.step(2, 2, { state: stateOf() }, LATER));
    await restoreData(backup, restored);
    assert.deepEqual(await within(databaseFile(restored), everything), saved);
    await within(databaseFile(restored), ({ rollouts }) => rollouts.step(2, 2, { state: stateOf() }, LATER));
  }));

async function everything({ rollouts }: Repository) {
  return { counting: await rollouts.counting(), steps: await rollouts.steps(2) };
}
