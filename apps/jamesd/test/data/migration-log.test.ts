import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { memoryFolder } from "@jamesd/testkit";
import { pino } from "pino";
import { openData } from "../../src/data/open-data.ts";
import { databaseFile } from "../../src/data/stores.ts";

const WRITTEN = readFileSync(join(import.meta.dirname, "../sqlite/version-10.sql"), "utf8");

test("the log says from which version a database was brought to which, once, and nothing of a new one", async (t) => {
  const data = memoryFolder("jamesd-migration-");
  t.after(() => rmSync(data, { recursive: true }));
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const settings = { data, maxUploadBytes: 1024, gcEvery: 0, keepEvents: 0 };
  const start = async (): Promise<number> => {
    await (await openData(settings, log)).close();
    return lines.splice(0).filter((line) => /"from":10,"to":\d+,"tookMs":\d+.*was brought/.test(line)).length;
  };
  assert.deepEqual([await start(), lines], [0, []]);
  rmSync(databaseFile(data));
  const db = new DatabaseSync(databaseFile(data), { enableForeignKeyConstraints: false });
  db.exec(WRITTEN);
  db.close();
  assert.deepEqual([await start(), await start()], [1, 0]);
});
