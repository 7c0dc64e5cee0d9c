import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, statSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { DocumentVersion } from "@jamesd/model";
import { IS_WHOLE, killAtCalls, memoryFolder, requireTool, sweepTest } from "@jamesd/testkit";
import type { Repository } from "../../src/repository/repository.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { allDevices } from "../repository/all-devices.ts";
import { pairOf } from "../repository/repository.contract.ts";
import { allEvents } from "../repository/repository-events.contract.ts";
import { FIRST, SECOND } from "../repository/rollout-values.ts";
import { CALLS, killedAt, MOST } from "./killed-at.ts";

type Acknowledged =
  | { kind: "packet"; value: { digest: string; sequence: number } }
  | { kind: "documents"; value: DocumentVersion[] }
  | { kind: "device"; value: { id: string; lastSeen: number } };

/** Runs the writer on a file, kills it at a random moment, and gives what it had acknowledged. */
async function writeUntilKilled(file: string, round: number): Promise<readonly Acknowledged[]> {
  const writer = join(import.meta.dirname, "repository-writer.ts");
  const child = spawn(process.execPath, [writer, file, String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines: Acknowledged[] = [];
  const enough = randomInt(1, 200);
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(JSON.parse(line) as Acknowledged);
    if (lines.length === enough) void sleep(randomInt(0, 4)).then(() => child.kill("SIGKILL"));
  }
  const [, signal] = (await exited) as [number | null, string | null];
  assert.equal(signal, "SIGKILL");
  return lines;
}

sweepTest("what was acknowledged before a kill is there after it", {}, async () => {
  const dir = memoryFolder("jamesd-kill-");
  const file = join(dir, "jamesd.db");
  const packets = new Map<string, number>();
  for (let round = 0; round < (IS_WHOLE ? 30 : 3); round += 1) {
    const lines = await writeUntilKilled(file, round);
    const repository = await openSqliteRepository(file);
    for (const line of lines) if (line.kind === "packet") packets.set(line.value.digest, line.value.sequence);
    const stored = new Map(
      (await repository.packets.all()).map(({ digest, sequence }) => [digest, sequence]),
    );
    for (const [digest, sequence] of packets) assert.equal(stored.get(digest), sequence);
    const last = lines.findLast((line) => line.kind === "packet");
    if (last) assert.ok(await repository.packets.get(last.value.digest));
    await checkDocuments(lines, repository);
    await checkEvents(repository);
    checkDevices(lines, new Map((await allDevices(repository)).map(({ id, lastSeen }) => [id, lastSeen])));
    await repository.close();
  }
  await rm(dir, { recursive: true });
});

/** What was acknowledged is there, and each revision has all of its documents. */
async function checkDocuments(lines: readonly Acknowledged[], repository: Repository): Promise<void> {
  const newest = await repository.revisions.newest();
  for (const line of lines) {
    if (line.kind !== "documents") continue;
    for (const version of line.value) {
      assert.ok(version.revision <= newest);
      assert.deepEqual(await repository.documents.get(version, version.revision), version);
    }
  }
  for (const { changed } of await repository.revisions.list({ limit: newest })) assert.equal(changed, 2);
}

/** Each packet and each revision has its event, and no event is of what is not there. */
async function checkEvents(repository: Repository): Promise<void> {
  const events = await allEvents(repository);
  const told = events.flatMap((event) => (event.kind === "packet-added" ? [event.packet] : []));
  assert.deepEqual(
    told,
    (await repository.packets.all()).map(({ digest }) => digest),
  );
  const revisions = events.flatMap((event) => (event.kind === "revision" ? [event.revision] : []));
  assert.deepEqual(
    revisions,
    Array.from({ length: await repository.revisions.newest() }, (_, i) => i + 1),
  );
}

function checkDevices(lines: readonly Acknowledged[], lastSeen: ReadonlyMap<string, number>): void {
  for (const line of lines)
    if (line.kind === "device") assert.ok((lastSeen.get(line.value.id) ?? -1) >= line.value.lastSeen);
}

/** SQLite's own default of wal_autocheckpoint: with so many pages the log is copied into the database. */
const PAGES_OF_A_FULL_LOG = 1000;
const BYTES_OF_A_PAGE = 4096 + 24;
const WITH_LOG = ["", "-wal"];

/** A database whose log is copied into it by the next commit, as a server that was killed leaves it. Gives its newest revision. */
async function leaveFullLog(file: string): Promise<number> {
  const original = `${file}.original`;
  const repository = await openSqliteRepository(original);
  for (let i = 1; ; i += 1) {
    const request = { author: "olga", address: "10.0.0.1", message: "before", time: 1 };
    const { revision } = await repository.documents.commit(pairOf(`v${i % 2}`), request);
    if (statSync(`${original}-wal`).size < (PAGES_OF_A_FULL_LOG - 12) * BYTES_OF_A_PAGE) continue;
    for (const end of WITH_LOG) copyFileSync(original + end, file + end);
    await repository.close();
    return revision;
  }
}

/** Runs the committer on a file, killed at its n-th call. Gives the steps of its rollout that it acknowledged and whether it came to its end. */
async function commitKilledAt(file: string, calls: string, n: number) {
  const { isKilled, lines } = await killedAt("repository-committer.ts", file, calls, n);
  return { isKilled, acknowledged: lines.map(Number) };
}

/** Looks at what is there after a kill: whole revisions with what they do to rollouts, all that was acknowledged, and it can be gone on with. Gives how many steps were made. */
async function checkRevisions(
  file: string,
  before: number,
  acknowledged: readonly number[],
): Promise<number> {
  const repository = await openSqliteRepository(file);
  const newest = await repository.revisions.newest();
  await checkEvents(repository);
  for (const { changed } of await repository.revisions.list({ limit: newest })) assert.equal(changed, 2);
  const made = await checkRollout(repository, before + 1);
  assert.ok(made >= Math.max(0, ...acknowledged), "what was acknowledged is there");
  assert.equal(newest, before + Math.floor((made + 1) / 2), "the first and the third make a revision");
  if (made > 0) {
    const word = made < 3 ? "one" : "two";
    const expected = pairOf(word).map(({ kind, id, content }) => ({ kind, id, content, revision: newest }));
    assert.deepEqual(await repository.documents.all(), expected);
  }
  const request = { author: "olga", address: "10.0.0.1", message: "again", time: 2 };
  assert.equal((await repository.documents.commit(pairOf("again"), request)).revision, newest + 1);
  await repository.close();
  return made;
}

/** The rollout is exactly as after one of its steps, and each is told once. Gives the number of its newest. */
async function checkRollout(repository: Repository, revision: number): Promise<number> {
  const { rollouts, documents, feed } = repository;
  const rollout = await rollouts.get(revision);
  const steps = rollout?.step ?? 0;
  assert.equal((await rollouts.steps(revision)).length, steps);
  const told = (await allEvents(repository)).flatMap((event) =>
    event.kind === "rollout" ? [event.step] : [],
  );
  assert.deepEqual(told, [1, 2, 3].slice(0, steps));
  const changes = (await feed.changes((await feed.head()) - 9)) ?? [];
  assert.equal(changes.filter(({ kind }) => kind === "rollout").length, steps);
  const counting = await rollouts.counting();
  assert.deepEqual(counting, rollout && steps < 3 ? [rollout] : []);
  if (!rollout) return 0;
  assert.deepEqual(rollout.waves, [FIRST, SECOND].slice(0, Math.min(steps, 2)));
  assert.equal(rollout.state.status, steps === 3 ? "reverted" : "running");
  assert.equal(rollout.endedBy, steps === 3 ? revision + 1 : null);
  const spread = rollout.documents.map(({ kind, id }) => ({ kind, id }));
  const version = (await documents.madeIn({ after: revision - 1, upTo: revision })).map(({ kind, id }) => ({
    kind,
    id,
  }));
  assert.deepEqual(spread, version);
  return steps;
}

sweepTest(
  "killed at any call of a start, of commits, of a step of a rollout, of copying the log and of closing, revisions are whole, and rollouts with them",
  {
    skip: requireTool("strace"),
  },
  async (t) => {
    const dir = memoryFolder("jamesd-kill-");
    const base = join(dir, "jamesd.db");
    const before = await leaveFullLog(base);
    const outcomes = new Set<string>();
    const kills = await killAtCalls("commits", CALLS, { stride: 16, most: MOST }, async (calls, n) => {
      const folder = join(dir, "killed");
      await mkdir(folder);
      const file = join(folder, "jamesd.db");
      for (const end of WITH_LOG) copyFileSync(base + end, file + end);
      const { isKilled, acknowledged } = await commitKilledAt(file, calls, n);
      if (!isKilled) assert.ok(!existsSync(`${file}-wal`), "it closed");
      const made = await checkRevisions(file, before, acknowledged);
      outcomes.add(`${acknowledged.length} of ${made}`);
      await rm(folder, { recursive: true });
      return isKilled;
    });
    t.diagnostic([...kills].map(([calls, count]) => `${calls} ${count}`).join("; "));
    t.diagnostic([...outcomes].sort().join("; "));
    const all = ["0 of 0", "0 of 1", "1 of 1", "1 of 2", "2 of 2", "2 of 3", "3 of 3"];
    if (IS_WHOLE) assert.deepEqual([...outcomes].sort(), all);
    await rm(dir, { recursive: true });
  },
);
