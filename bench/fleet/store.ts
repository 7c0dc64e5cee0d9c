import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sha256 } from "@jamesd/model";
import type { NewEvent } from "../../apps/jamesd/src/repository/event.ts";
import type { Repository } from "../../apps/jamesd/src/repository/repository.ts";
import { openSqliteRepository } from "../../apps/jamesd/src/sqlite/open.ts";
import { spread } from "../statistics.ts";
import { recordOf } from "../stored.ts";

const REPORTS = 3_000;
const RUNS = 3;
const BATCH = 1_000;
/** About what a record and its event have together. */
const ROW = "x".repeat(1_200);
const STATE = {
  systemtags: ["simulated"],
  apps: [{ name: "simulated", tags: ["v1"], digest: sha256("a") }],
};

/** How many reports, each with an event, the store takes a second: gathered, one after the other, and bare rows of that length in batches. */
export async function measureStore(): Promise<readonly string[]> {
  const rates: [gathered: number[], alone: number[], bare: number[]] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    rates[0].push(await withRepository(gathered));
    rates[1].push(await withRepository(oneByOne));
    rates[2].push(await withFolder(bareBatches));
  }
  const [together, alone, bare] = rates;
  const ratios = together.map((rate, i) => rate / (alone[i] ?? Number.NaN));
  const toBare = together.map((rate, i) => rate / (bare[i] ?? Number.NaN));
  return [
    `the store alone, ${REPORTS} reports with an event each, a second: at once ${spread(together, 0)}, one transaction each ${spread(alone, 0)}: ${spread(ratios, 1)} times as many`,
    `the same beside bare upserts of ${ROW.length} bytes in batches of ${BATCH}, ${spread(bare, 0)} a second: ${spread(toBare, 2)} of them`,
  ];
}

async function gathered(repository: Repository): Promise<void> {
  await Promise.all(Array.from({ length: REPORTS }, (_, i) => report(repository, i)));
}

async function oneByOne(repository: Repository): Promise<void> {
  for (let i = 0; i < REPORTS; i += 1) await report(repository, i);
}

async function bareBatches(folder: string): Promise<number> {
  const db = new DatabaseSync(join(folder, "bare.db"));
  db.exec("PRAGMA journal_mode = wal; PRAGMA synchronous = FULL");
  db.exec("CREATE TABLE rows (id TEXT PRIMARY KEY, row TEXT) STRICT, WITHOUT ROWID");
  const insert = db.prepare(
    "INSERT INTO rows VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row",
  );
  const started = performance.now();
  for (let i = 0; i < REPORTS; i += 1) {
    if (i % BATCH === 0) db.exec("BEGIN IMMEDIATE");
    insert.run(`device-${i}`, ROW);
    if ((i + 1) % BATCH === 0) db.exec("COMMIT");
  }
  const seconds = (performance.now() - started) / 1000;
  db.close();
  return REPORTS / seconds;
}

function report(repository: Repository, i: number): Promise<void> {
  const device = `device-${i}`;
  const from = { author: device, address: "10.0.0.1", device, time: 1 };
  const event: NewEvent = { kind: "transaction", ...from, transaction: transactionOf(i) };
  const record = { ...recordOf(device, STATE), agent: "simulated", transaction: transactionOf(i) };
  return repository.devices.save([record], [event]);
}

function transactionOf(i: number) {
  const times = { started: 1, durationMs: 1, attempt: 1 };
  return {
    id: String(i),
    target: sha256("t"),
    revision: 1,
    outcome: "committed" as const,
    ...times,
    scripts: [],
  };
}

function withRepository(work: (repository: Repository) => Promise<void>): Promise<number> {
  return withFolder(async (folder) => {
    const repository = await openSqliteRepository(join(folder, "jamesd.db"));
    const started = performance.now();
    await work(repository);
    const seconds = (performance.now() - started) / 1000;
    await repository.close();
    return REPORTS / seconds;
  });
}

async function withFolder(work: (folder: string) => Promise<number>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-bench-fleet-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
