import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { DocumentVersion } from "@jamesd/model";
import type { Repository } from "../src/repository/repository.ts";
import { openSqliteRepository } from "../src/repository/sqlite.ts";
import { allEvents } from "./repository-events.contract.ts";

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

test("what was acknowledged before a kill is there after it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "jamesd-kill-"));
  const file = join(dir, "jamesd.db");
  const packets = new Map<string, number>();
  for (let round = 0; round < 6; round += 1) {
    const lines = await writeUntilKilled(file, round);
    const repository = await openSqliteRepository(file);
    for (const line of lines) if (line.kind === "packet") packets.set(line.value.digest, line.value.sequence);
    const stored = new Map((await repository.packets()).map(({ digest, sequence }) => [digest, sequence]));
    for (const [digest, sequence] of packets) assert.equal(stored.get(digest), sequence);
    const last = lines.findLast((line) => line.kind === "packet");
    if (last) assert.ok(await repository.packet(last.value.digest));
    await checkDocuments(lines, repository);
    await checkEvents(repository);
    checkDevices(lines, new Map((await repository.devices()).map(({ id, lastSeen }) => [id, lastSeen])));
    await repository.close();
  }
  await rm(dir, { recursive: true });
});

/** What was acknowledged is there, and each revision has all of its documents. */
async function checkDocuments(lines: readonly Acknowledged[], repository: Repository): Promise<void> {
  const newest = await repository.newestRevision();
  for (const line of lines) {
    if (line.kind !== "documents") continue;
    for (const version of line.value) {
      assert.ok(version.revision <= newest);
      assert.deepEqual(await repository.document(version, version.revision), version);
    }
  }
  for (const { changed } of await repository.revisions({ limit: newest })) assert.equal(changed, 2);
}

/** Each packet and each revision has its event, and no event is of what is not there. */
async function checkEvents(repository: Repository): Promise<void> {
  const events = await allEvents(repository);
  const told = events.flatMap((event) => (event.kind === "packet-added" ? [event.packet] : []));
  assert.deepEqual(
    told,
    (await repository.packets()).map(({ digest }) => digest),
  );
  const revisions = events.flatMap((event) => (event.kind === "revision" ? [event.revision] : []));
  assert.deepEqual(
    revisions,
    Array.from({ length: await repository.newestRevision() }, (_, i) => i + 1),
  );
}

function checkDevices(lines: readonly Acknowledged[], lastSeen: ReadonlyMap<string, number>): void {
  for (const line of lines)
    if (line.kind === "device") assert.ok((lastSeen.get(line.value.id) ?? -1) >= line.value.lastSeen);
}
