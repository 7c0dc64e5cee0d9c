import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readFlags } from "@jamesd/config";
import type { DeviceInfo } from "@jamesd/protocol";
import type { Result, Views } from "../../src/cli/command.ts";
import { listSystems } from "../../src/commands/list-systems.ts";
import { type Answer, withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";

const DEVICE = { connected: true, lastSeen: 0, revision: 1, systemtags: [], apps: [] };
const SYNCED: DeviceInfo = { ...DEVICE, id: "a", sync: "in-sync" };
const FAILED: DeviceInfo = { ...DEVICE, id: "b", sync: "failed" };
const FLEET = "/v1/devices";

function flags(values: Readonly<Record<string, unknown>>) {
  return readFlags({ values, words: [], name: "list-systems", called: "" }, listSystems.options);
}

async function listed(devices: readonly DeviceInfo[], values: Readonly<Record<string, unknown>>) {
  let result: Result | undefined;
  await withServer(
    () => devices,
    async (client) => {
      result = (await listSystems.handler(flags(values), contextOf(client))) as Result;
    },
  );
  return result as Result;
}

test("the columns that are asked for are printed, in their order", async () => {
  const { table } = await listed([FAILED], { columns: "sync, id" });
  assert.deepEqual(table?.columns, ["sync", "id"]);
  assert.throws(() => flags({ columns: "id,colour" }), { code: "USAGE", message: /--columns: "colour"/ });
  const every = (await listed([], { columns: "all" })).table?.columns;
  assert.deepEqual(
    (await listed([], { columns: "help" })).table?.rows.map(([name]) => name),
    every,
  );
});

test("--check fails unless all are in sync; what is listed is printed all the same", async () => {
  const { data, failure } = await listed([SYNCED, FAILED], { check: true });
  assert.equal(failure?.code, "NOT_IN_SYNC");
  assert.equal((data as unknown[]).length, 2);
  assert.equal((await listed([SYNCED], { check: true })).failure, undefined);
  assert.equal((await listed([FAILED], {})).failure, undefined);
});

suite("--watch", () => {
  /** The first views of a fleet, whose server answers by what is asked and how often that was asked before. */
  async function watched(count: number, answer: (path: string, turn: number) => Answer) {
    const views: Result[] = [];
    const turns = new Map<string, number>();
    await withServer(
      ({ path }) => {
        const turn = turns.get(path) ?? 0;
        turns.set(path, turn + 1);
        return answer(path, turn);
      },
      async (client) => {
        const given = (await listSystems.handler(flags({ watch: true }), contextOf(client))) as Views;
        for await (const view of given.views) if (views.push(view) === count) break;
      },
    );
    return views;
  }
  const EVENT = { sequence: 1, time: 1, author: "b", address: "::1", kind: "device-removed", device: "b" };
  const AWAY = { status: 503, code: "SERVER_STOPPING" };

  test("looks again when something happened", async () => {
    const views = await watched(2, (path, turn) =>
      path === FLEET ? [turn === 0 ? FAILED : SYNCED] : turn === 0 ? [] : [EVENT],
    );
    assert.deepEqual(
      views.map(({ summary }) => summary),
      ["1 device: 1 failed; 1 connected", "1 device: 1 in-sync; 1 connected"],
    );
  });

  test("shows what was seen last while the server is away, and says so", async () => {
    const [before, after] = await watched(2, (path, turn) => {
      if (path === FLEET) return turn === 0 ? [FAILED] : AWAY;
      return turn === 0 ? [] : [EVENT];
    });
    assert.deepEqual(after?.table, before?.table);
    assert.match(after?.notes?.join() ?? "", /^as it was: /);
  });

  test("ends when the server is away from the beginning", async () => {
    await assert.rejects(
      watched(1, (path) => (path === FLEET ? AWAY : [])),
      { code: "SERVER_STOPPING" },
    );
  });

  test("does not go with --check", async () => {
    await assert.rejects(listed([], { watch: true, check: true }), { code: "USAGE" });
  });
});
