import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { injecting, memoryFolder } from "@jamesd/testkit";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { linesOf, works } from "../blob-store.faults.ts";

async function newDatabase(t: TestContext): Promise<string> {
  const folder = memoryFolder("jamesd-faults-");
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "jamesd.db");
  await (await openSqliteRepository(file)).close();
  return file;
}

test("a database is synced at every commit, and takes nothing more after a sync failed", async (t) => {
  if (!works(t, "strace", ["-V"])) return;
  const file = await newDatabase(t);
  // The first two syncs of the log are for its header and the first commit.
  const failing = injecting("fsync,fdatasync:error=EIO:when=3", `${file}-wal`);
  const outcomes = await linesOf("sqlite/repository-adder.ts", [file], failing);
  assert.deepEqual(outcomes, ["added", "STORE_CORRUPT", "STORE_CORRUPT", "STORE_CORRUPT", "v1"]);
});

test("a database takes nothing over any connection after a sync failed of one, also what was being written", async (t) => {
  if (!works(t, "strace", ["-V"])) return;
  const file = await newDatabase(t);
  const failing = injecting("fsync,fdatasync:error=EIO:when=1", file);
  const outcomes = await linesOf("sqlite/slice-writer.ts", [file], failing);
  assert.deepEqual(outcomes, ["written", "STORE_CORRUPT", "STORE_CORRUPT", "1"]);
  assert.deepEqual(await linesOf("sqlite/slice-writer.ts", [file]), ["written", "written", "written", "4"]);
});

test("a database on a full disk says so, and goes on when there is room", async (t) => {
  if (!works(t, "strace", ["-V"])) return;
  const file = await newDatabase(t);
  const failing = injecting("write,pwrite64:error=ENOSPC:when=2", `${file}-wal`);
  const outcomes = await linesOf("sqlite/repository-adder.ts", [file], failing);
  assert.deepEqual(outcomes, ["STORAGE_FULL", "added", "added", "added", "v2,v3,v4"]);
});

test("a database that cannot be opened for want of descriptors says what passes by itself, and is opened later", async (t) => {
  if (!works(t, "prlimit", ["--version"])) return;
  const few = ["prlimit", "--nofile=128"];
  const outcomes = await linesOf("sqlite/without-descriptors.ts", [await newDatabase(t)], few);
  assert.deepEqual(outcomes, ["SERVER_BUSY 5000", "opened"]);
});
