import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import type { Migrated } from "../../src/sqlite/migrate.ts";
import { MIGRATIONS } from "../../src/sqlite/migrations.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { allDevices } from "../repository/all-devices.ts";
import { own } from "../repository/repository.contract.ts";
// What the program that wrote the database read from it.
import expected from "./version-10.json" with { type: "json" };

const WRITTEN = readFileSync(join(import.meta.dirname, "version-10.sql"), "utf8");

/** Everything that there is to read, by the names that it has in the file of what is expected. */
async function everything({ packets, made, devices, documents, revisions, events }: Opened) {
  const own = await documents.ownOf(["d1", "d2"], Number.MAX_SAFE_INTEGER);
  const [v1 = "", v2 = ""] = (await packets.all()).map(({ digest }) => digest);
  return {
    packets: await packets.all(),
    whole: [await packets.get(v1), await packets.get(v2)],
    ofRequest: await packets.ofRequest(sha256("request 1")),
    deltas: [await made.delta(v1, v2), await made.delta(v2, v1)],
    wholeBundles: [await made.wholeBundle(v1), await made.wholeBundle(v2)],
    devices: await allDevices({ devices }),
    documents: await documents.all(),
    documentsThen: await documents.all(1),
    versions: await documents.versions({ kind: "spec", id: "all" }),
    touches: [...own.map(({ id, revision }) => ({ device: id, revision })), ...(await documents.touches())],
    revisions: await revisions.list({ limit: 100 }),
    newest: await revisions.newest(),
    historyKey: Buffer.from(await revisions.historyKey()).toString("hex"),
    events: await events.page({ limit: 100, isLast: false }),
  };
}

type Opened = Awaited<ReturnType<typeof openSqliteRepository>>;

test("a database of the tenth version is read as the program that wrote it read it, and written on", async () => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-version-"));
  const file = join(dir, "jamesd.db");
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  db.exec(WRITTEN);
  db.close();
  const told: Migrated[] = [];
  const repository = await openSqliteRepository(file, undefined, (migrated) => void told.push(migrated));
  try {
    assert.deepEqual(
      told.map(({ from, to }) => [from, to]),
      [[10, MIGRATIONS.length]],
    );
    // What the program of that time did not know of devices and packets.
    const later = {
      given: [],
      features: [],
      unmerged: [],
      certEnds: null,
      certIssuer: null,
      certSerial: null,
      renew: null,
      drift: null,
      verify: null,
      reinstall: null,
      go: null,
    };
    const known = expected.devices.map((device) => ({
      ...device,
      ...later,
      standing: { ...device.standing, claimed: [] },
    }));
    const whole = expected.whole.map((packet) => ({ ...packet, volatile: [] }));
    assert.deepEqual(JSON.parse(JSON.stringify(await everything(repository))), {
      ...expected,
      devices: known,
      whole,
    });
    assert.equal(await repository.feed.head(), 0);
    const request = { author: "olga", address: "10.0.0.1", time: 60, message: "" };
    assert.equal((await repository.documents.commit([own("d1", [])], request)).revision, expected.newest + 1);
    const newest = await repository.events.page({ limit: 1, isLast: true });
    assert.equal(newest[0]?.sequence, expected.events.length + 1);
  } finally {
    await repository.close();
    rmSync(dir, { recursive: true });
  }
});
