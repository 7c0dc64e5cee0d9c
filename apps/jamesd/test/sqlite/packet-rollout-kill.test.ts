import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { IS_WHOLE, killAtCalls, memoryFolder, requireTool, sweepTest } from "@jamesd/testkit";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { allEvents } from "../repository/repository-events.contract.ts";
import { CALLS, killedAt, MOST } from "./killed-at.ts";

/** Packet, revision, rollout, events and feed are all as after one of its steps. Gives the number of that. */
async function checkPacket(file: string): Promise<number> {
  const repository = await openSqliteRepository(file);
  const rollout = await repository.rollouts.get(1);
  const made = rollout?.step ?? 0;
  assert.equal(await repository.revisions.newest(), made);
  const packets = await repository.packets.all();
  assert.deepEqual(
    packets.map(({ name }) => name),
    made === 1 ? ["vpn"] : [],
  );
  assert.equal(rollout?.endedBy ?? null, made === 2 ? 2 : null);
  assert.equal((await repository.rollouts.counting()).length, made === 1 ? 1 : 0);
  const kinds = (await allEvents(repository)).map(({ kind }) => kind).sort();
  const added = ["packet-added", "revision", "rollout"];
  const removed = [...added, "packet-removed", "revision", "rollout"].sort();
  assert.deepEqual(kinds, [[], added, removed][made]);
  assert.equal(await repository.feed.head(), 3 * made);
  await repository.close();
  return made;
}

sweepTest(
  "killed at any call while a packet comes and goes in waves, all that belongs to it is there or nothing is",
  { skip: requireTool("strace") },
  async (t) => {
    const dir = memoryFolder("jamesd-kill-");
    const outcomes = new Set<string>();
    await killAtCalls("packet", CALLS, { stride: 20, most: MOST }, async (calls, n) => {
      const folder = join(dir, "killed");
      await mkdir(folder);
      const file = join(folder, "jamesd.db");
      // The database is made before: how it is made is another sweep.
      await (await openSqliteRepository(file)).close();
      const { isKilled, lines } = await killedAt("packet-spreader.ts", file, calls, n);
      const made = await checkPacket(file);
      assert.ok(made >= lines.length, "what was acknowledged is there");
      outcomes.add(`${lines.length} of ${made}`);
      await rm(folder, { recursive: true });
      return isKilled;
    });
    t.diagnostic([...outcomes].sort().join("; "));
    const all = ["0 of 0", "0 of 1", "1 of 1", "1 of 2", "2 of 2"];
    if (IS_WHOLE) assert.deepEqual([...outcomes].sort(), all);
    await rm(dir, { recursive: true });
  },
);
