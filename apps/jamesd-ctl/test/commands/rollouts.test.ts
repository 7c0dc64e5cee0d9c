import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, Rollout } from "@jamesd/protocol";
import type { Answer, Result } from "../../src/cli/command.ts";
import { approveRollout } from "../../src/commands/approve-rollout.ts";
import { getRollout } from "../../src/commands/get-rollout.ts";
import { listRollouts } from "../../src/commands/list-rollouts.ts";
import { pauseRollout } from "../../src/commands/pause-rollout.ts";
import { promoteRollout } from "../../src/commands/promote-rollout.ts";
import { resumeRollout } from "../../src/commands/resume-rollout.ts";
import { retry } from "../../src/commands/retry.ts";
import { revertRollout } from "../../src/commands/revert-rollout.ts";
import {
  meaningOfOpening,
  meaningOfResuming,
  meaningOfReverting,
} from "../../src/commands/rollout-meaning.ts";
import { type Asked, withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";
import { ROLLOUT } from "../rollout.ts";

const FLAGS = { revision: 42, message: "why", yes: true };

/** What a verb asks of a server that takes everything. */
async function asked(work: (client: Client) => Promise<Answer>): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  await withServer(
    () => ROLLOUT,
    async (client, all) => {
      await work(client);
      const told = all.filter(({ path }) => path !== AT);
      lines = await Promise.all(told.map(async ({ path, body }: Asked) => `${path} ${await body}`.trim()));
    },
  );
  return lines;
}

const AT = "/v1/rollouts/42";
const ONE = {
  revision: 42,
  wave: undefined,
  state: undefined,
  overTime: false,
  packets: false,
  limit: undefined,
};

test("each verb says to the server what it is told", async () => {
  assert.deepEqual(await asked((client) => pauseRollout.handler(FLAGS, contextOf(client))), [
    `${AT}/pause {"message":"why"}`,
  ]);
  assert.deepEqual(
    await asked((client) => resumeRollout.handler({ ...FLAGS, accept: true }, contextOf(client))),
    [`${AT}/resume {"accept":true,"message":"why"}`],
  );
  assert.deepEqual(
    await asked((client) => approveRollout.handler({ ...FLAGS, wave: undefined }, contextOf(client))),
    [`${AT}/approve {"message":"why"}`],
  );
  assert.deepEqual(
    await asked((client) => approveRollout.handler({ ...FLAGS, wave: 3 }, contextOf(client))),
    [`${AT}/approve {"message":"why","wave":3}`],
  );
  const promoted = { ...FLAGS, message: undefined };
  assert.deepEqual(
    await asked((client) =>
      promoteRollout.handler({ ...promoted, wave: undefined, all: true }, contextOf(client)),
    ),
    [`${AT}/promote {"message":""}`],
  );
  assert.deepEqual(
    await asked((client) => promoteRollout.handler({ ...promoted, wave: 2, all: false }, contextOf(client))),
    [`${AT}/promote {"message":"","wave":2}`],
  );
  assert.deepEqual(await asked((client) => revertRollout.handler(FLAGS, contextOf(client))), [
    `${AT}/revert {"message":"why"}`,
  ]);
});

test("where no devices and no packets are told, it is said why", async () => {
  const why = async (flags: Partial<Parameters<typeof getRollout.handler>[0]>, rollout = ROLLOUT) => {
    const notes: string[] = [];
    await withServer(
      ({ path }) => (path === AT ? rollout : []),
      async (client) => void (await getRollout.handler({ ...ONE, ...flags }, contextOf(client, notes))),
    );
    return notes.join();
  };
  const over: Rollout = { ...ROLLOUT, status: "reverted", endedBy: 43, next: null };
  const isOver = /^rollout 42 is over.*--over-time/;
  assert.match(await why({ wave: 1, state: "failed" }, over), isOver);
  assert.match(await why({ packets: true }, over), isOver);
  assert.match(await why({ wave: 3 }), /^wave 3 of rollout 42 is not open yet/);
  await assert.rejects(why({ wave: 4 }), { code: "ROLLOUT_INVALID", message: /no wave 4: its last is 3/ });
  assert.equal(await why({ wave: 1, state: "failed" }), "");
});

test("each verb that changes devices says how many, also where nobody is asked", async () => {
  const notes: string[] = [];
  const waiting = { ...ROLLOUT, status: "waiting" };
  await withServer(
    () => waiting,
    async (client) => {
      const context = contextOf(client, notes);
      await approveRollout.handler({ ...FLAGS, wave: undefined }, context);
      await promoteRollout.handler({ ...FLAGS, wave: undefined, all: true }, context);
      await resumeRollout.handler({ ...FLAGS, accept: false }, context);
      await revertRollout.handler(FLAGS, context);
    },
  );
  assert.deepEqual(notes, [
    "opening wave 3 changes 9,000 devices",
    "promoting rollout 42 changes 9,000 devices",
    "resuming rollout 42 changes 27 devices",
    "reverting rollout 42 changes at most 1,000 devices",
  ]);
});

test("to promote, waves are named in one way", async () => {
  const none = { ...FLAGS, wave: undefined, all: false };
  for (const flags of [none, { ...none, wave: 2, all: true }])
    await assert.rejects(
      asked((client) => promoteRollout.handler(flags, contextOf(client))),
      { code: "USAGE" },
    );
});

test("what takes a spec away again is refused where nobody can be asked", async () => {
  const created = { ...ROLLOUT, documents: [{ kind: "spec" as const, id: "new", stable: 0 }] };
  const paths: string[] = [];
  const answer = ({ path }: Asked): object => {
    paths.push(path);
    return created;
  };
  await withServer(answer, async (client) => {
    const notes: string[] = [];
    const unasked = { ...FLAGS, yes: false };
    await assert.rejects(revertRollout.handler(unasked, contextOf(client, notes)), {
      code: "CONFIRMATION_NEEDED",
      message: /^the spec new would go away/,
    });
    assert.deepEqual(notes, [
      "reverting rollout 42 changes at most 1,000 devices",
      "and takes away the spec new",
    ]);
    assert.deepEqual(paths, [AT]);
  });
});

test("what verbs mean is counted by what is shown of the waves", () => {
  assert.equal(meaningOfOpening(ROLLOUT, 3).devices, 9000);
  assert.equal(meaningOfOpening({ ...ROLLOUT, wave: 1 }, 3).devices, 9988);
  assert.equal(meaningOfResuming(ROLLOUT).devices, 27);
  const { devices, gone } = meaningOfReverting(ROLLOUT);
  assert.deepEqual([devices, gone], [1000, []]);
  assert.deepEqual(meaningOfReverting({ ...ROLLOUT, packet: "a".repeat(64) }).gone, [
    "the packet that it spreads",
  ]);
});

test("rollouts, and devices of one, are read page by page", async () => {
  const page = Array.from({ length: 1000 }, (_, i) => ({ ...ROLLOUT, revision: 2000 - i }));
  const answer = ({ query }: Asked): object => (query.before === undefined ? page : [ROLLOUT]);
  await withServer(answer, async (client, all) => {
    const result = (await listRollouts.handler({ all: true, limit: 1500 }, contextOf(client))) as Result;
    assert.equal((result.data as unknown[]).length, 1001);
    assert.deepEqual(
      all.map(({ query }) => query),
      [
        { all: "true", limit: "1000" },
        { all: "true", before: "1001", limit: "500" },
      ],
    );
  });
  const device = { wave: 2, progress: "failed", excused: false, connected: true, lastSeen: 0, problem: null };
  const devices = ({ query }: Asked): object => (query.after === undefined ? [{ ...device, id: "a" }] : []);
  await withServer(devices, async (client, all) => {
    const flags = { ...ONE, wave: 2, state: "failed" as const };
    const result = (await getRollout.handler(flags, contextOf(client))) as Result;
    assert.deepEqual(result.table?.rows, [["a", "2", "failed", "connected", "-"]]);
    assert.deepEqual(
      [all[0]?.path, all[0]?.query],
      [`${AT}/devices`, { wave: "2", progress: "failed", limit: "1000" }],
    );
  });
});

test("how a rollout went is shown from time to time", async () => {
  const counts = { done: 3, busy: 0, failed: 1, silent: 2, unreached: 0 };
  const noted = [{ time: Date.UTC(2026, 0, 31, 11), counts }];
  const answer = ({ path }: Asked): object => (path === `${AT}/counts` ? noted : ROLLOUT);
  await withServer(answer, async (client) => {
    const result = (await getRollout.handler({ ...ONE, overTime: true }, contextOf(client))) as Result;
    const time = "2026-01-31T11:00:00Z";
    assert.deepEqual(result.data, [{ time, ...counts }]);
    const bad = (text: string): object => ({ text, tone: "bad" });
    assert.deepEqual(result.table?.rows, [[time, "3", "0", bad("1"), bad("2"), "0"]]);
    await assert.rejects(
      async () => getRollout.handler({ ...ONE, overTime: true, wave: 2 }, contextOf(client)),
      { code: "USAGE" },
    );
  });
});

test("what a rollout brings is shown by packets", async () => {
  const to = { digest: "b".repeat(64), tags: ["v2", "armv7l"] };
  const brought = [{ name: "vpn", from: null, to, devices: 3 }];
  const answer = ({ path }: Asked): object => (path === `${AT}/packets` ? brought : ROLLOUT);
  await withServer(answer, async (client) => {
    const result = (await getRollout.handler({ ...ONE, packets: true }, contextOf(client))) as Result;
    assert.deepEqual(result.data, brought);
    assert.deepEqual(result.table?.rows, [["vpn", "-", "bbbbbbbbbbbb [v2 armv7l]", "3"]]);
  });
});

test("all that failed in a rollout try again", async () => {
  const answer = ({ path }: Asked): object =>
    path === `${AT}/retry` ? { retried: 20, waits: true } : ROLLOUT;
  await withServer(answer, async (client) => {
    const notes: string[] = [];
    const flags = {
      ...{ rollout: 42, id: undefined, sync: undefined, tags: undefined, wait: false, timeout: 1 },
      ...{ now: false, breakLock: false, yes: false },
    };
    const context = contextOf(client, notes);
    const result = (await retry.handler(flags, context)) as Result;
    assert.deepEqual(result.data, { rollout: 42, retried: 20, waits: true });
    assert.match(`${result.notes}`, /paused: nothing happens until resume-rollout/);
    assert.deepEqual(notes, ["trying again changes 20 devices"]);
    await assert.rejects(retry.handler({ ...flags, id: "d" }, context), { code: "USAGE" });
  });
});
