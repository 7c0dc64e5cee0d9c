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
import type { DesiredState } from "@jamesd/model";
import { openSqliteRepository } from "../src/repository/sqlite.ts";

type Acknowledged =
  | { kind: "packet"; value: { digest: string; sequence: number } }
  | { kind: "desired"; value: DesiredState }
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
    checkDesired(lines, await repository.desiredStates(), (await repository.revisions()).length);
    checkDevices(lines, new Map((await repository.devices()).map(({ id, lastSeen }) => [id, lastSeen])));
    await repository.close();
  }
  await rm(dir, { recursive: true });
});

function checkDesired(lines: readonly Acknowledged[], now: readonly DesiredState[], revisions: number): void {
  for (const line of lines) {
    if (line.kind !== "desired") continue;
    assert.ok(line.value.revision <= revisions);
    const current = now.find(({ id }) => id === line.value.id);
    assert.ok(current && current.revision >= line.value.revision);
    if (current.revision === line.value.revision) assert.deepEqual(current, line.value);
  }
}

function checkDevices(lines: readonly Acknowledged[], lastSeen: ReadonlyMap<string, number>): void {
  for (const line of lines)
    if (line.kind === "device") assert.ok((lastSeen.get(line.value.id) ?? -1) >= line.value.lastSeen);
}
