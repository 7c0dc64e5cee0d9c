import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { JamesError } from "@jamesd/model";
import type { Client, Rollout } from "@jamesd/protocol";
import type { Result } from "../../src/cli/command.ts";
import { watchRollout } from "../../src/commands/watch-rollout.ts";
import { followRollout } from "../../src/follow/follow-rollout.ts";
import { type Asked, withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";
import { ROLLOUT } from "../rollout.ts";

const RUNNING = { ...ROLLOUT, baking: null };
const WAITING: Rollout = { ...ROLLOUT, status: "waiting", baking: null };
const NEXT = { wave: 3, inMs: 0, needsApproval: true, mayFail: 49 };

/** A server whose rollout is as told, one look after the other; the last stays. Something happens all the time. */
async function withRollout(
  looks: readonly Rollout[],
  work: (client: Client, told: () => Promise<readonly string[]>) => Promise<void>,
): Promise<void> {
  let seen = 0;
  const isVerb = ({ path }: Asked): boolean => /^\/v1\/rollouts\/42\/\w+$/.test(path);
  const answer = (one: Asked, turn: number): object => {
    if (one.path === "/v1/events")
      return [{ sequence: turn, time: 0, author: "a", address: "", kind: "device-removed", device: "d" }];
    if (isVerb(one)) return ROLLOUT;
    assert.equal(one.path, "/v1/rollouts/42");
    return looks[Math.min(seen++, looks.length - 1)] ?? ROLLOUT;
  };
  await withServer(answer, (client, asked) =>
    work(client, async () =>
      Promise.all(asked.filter(isVerb).map(async ({ path, body }) => `${path} ${await body}`)),
    ),
  );
}

async function watched(client: Client, flags: { readonly check?: string; readonly timeout?: number } = {}) {
  const notes: string[] = [];
  const { check, timeout = 60_000 } = flags;
  const answer = await watchRollout.handler({ revision: 42, check, timeout }, contextOf(client, notes));
  assert.ok("views" in answer && answer.areBounded);
  let last: Result | undefined;
  let thrown: unknown;
  try {
    for await (const view of answer.views) {
      notes.push(...(view.notes ?? []));
      last = view;
    }
  } catch (error) {
    thrown = error;
  }
  const error = thrown === undefined ? last?.failure : JamesError.from(thrown);
  return { notes, error };
}

describe("a rollout is watched", { concurrency: true }, () => {
  test("until it is finished, which is success", async () => {
    const { perWave } = ROLLOUT;
    const moved = { ...RUNNING, wave: 3, perWave };
    await withRollout([RUNNING, RUNNING, moved, { ...moved, status: "finished" }], async (client) => {
      const { notes, error } = await watched(client);
      assert.equal(error, undefined);
      assert.deepEqual(
        notes.map((note) => note.split(",").slice(0, 2).join()),
        ["rollout 42 running, wave 2 of 3", "rollout 42 running, wave 3 of 3", "rollout 42 finished"],
      );
    });
  });

  for (const [status, code, exit] of [
    ["paused", "ROLLOUT_STOPPED", "device"],
    ["reverted", "ROLLOUT_STOPPED", "device"],
    ["superseded", "ROLLOUT_STOPPED", "device"],
    ["waiting", "ROLLOUT_WAITING", "unavailable"],
  ] as const)
    test(`until it is ${status}`, async () => {
      await withRollout([{ ...RUNNING, status }], async (client) => {
        const { error } = await watched(client);
        assert.deepEqual([error?.code, error?.class], [code, exit]);
      });
    });

  test("until it stands still, in words for why", async () => {
    await withRollout([{ ...RUNNING, status: "paused", trouble: "breach" }], async (client) => {
      const { error } = await watched(client);
      assert.equal(error?.message, "rollout 42 is paused: more devices failed than may");
    });
  });

  test("until the time is over", async () => {
    await withRollout([RUNNING], async (client) => {
      const { error } = await watched(client, { timeout: 1 });
      assert.equal(error?.code, "WAIT_TIMEOUT");
    });
  });
});

describe("a check", { concurrency: true }, () => {
  const needsApproval = { ...ROLLOUT, next: NEXT };

  test("runs once when a wave waits, and what ends with 0 approves that wave alone", async () => {
    const looks = [
      RUNNING,
      needsApproval,
      WAITING,
      { ...WAITING, wave: 2 },
      { ...ROLLOUT, status: "finished" },
    ];
    await withRollout(looks, async (client, told) => {
      const { notes, error } = await watched(client, { check: "echo $JAMESD_ROLLOUT $JAMESD_WAVE >&2" });
      assert.equal(error, undefined);
      const message = "the check of wave 2 ended with 0: echo $JAMESD_ROLLOUT $JAMESD_WAVE >&2";
      assert.deepEqual(await told(), [`/v1/rollouts/42/approve ${JSON.stringify({ wave: 3, message })}`]);
      assert.ok(notes.includes("wave 2: it ended with 0"), notes.join("\n"));
    });
  });

  test("of a wave that needs no approval runs when it bakes, and says nothing when all is well", async () => {
    await withRollout([ROLLOUT, { ...ROLLOUT, status: "finished" }], async (client, told) => {
      const { notes } = await watched(client, { check: 'test "$JAMESD_ROLLOUT $JAMESD_WAVE" = "42 2"' });
      assert.ok(notes.includes("wave 2: it ended with 0"), notes.join("\n"));
      assert.deepEqual(await told(), []);
    });
  });

  for (const [command, verb, said] of [
    ["exit 1", "pause", "1"],
    ["exit 2", "revert", "2"],
    ["exit 7", "pause", "7"],
    ["no-such-command", "pause", "127"],
    ["kill -9 $$", "pause", "SIGKILL"],
  ] as const)
    test(`that is "${command}" has it ${verb}`, async () => {
      await withRollout([ROLLOUT, { ...ROLLOUT, status: "paused" }], async (client, told) => {
        const { error } = await watched(client, { check: command });
        const message = `the check of wave 2 ended with ${said}: ${command}`;
        assert.deepEqual(await told(), [`/v1/rollouts/42/${verb} ${JSON.stringify({ message })}`]);
        assert.equal(error?.code, "ROLLOUT_STOPPED");
      });
    });
});

test("what applied in waves is followed, also while it waits; what did not is told", async () => {
  await withRollout([WAITING, { ...RUNNING, status: "reverted", endedBy: 45 }], async (client) => {
    const notes: string[] = [];
    const context = contextOf(client, notes);
    const followed = { timeoutMs: 60_000, data: { revision: 42 } };
    const waves = [{ wave: "100%", devices: 1 }];
    const { data, failure } = await followRollout(client, { revision: 42, waves }, followed, context);
    assert.deepEqual(data, { revision: 42, rollout: "reverted" });
    assert.match(failure?.message ?? "", /^rollout 42 is reverted by revision 45/);
    assert.equal(notes.length, 2);
    const plain = await followRollout(client, { revision: 43 }, followed, context);
    assert.deepEqual([plain.failure, notes.length], [undefined, 3]);
  });
});
