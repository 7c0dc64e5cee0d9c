import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device } from "@jamesd/protocol";
import type { Result } from "../../src/cli/command.ts";
import { blame } from "../../src/commands/blame.ts";
import { describe } from "../../src/commands/describe.ts";
import { diff } from "../../src/commands/diff.ts";
import { explain } from "../../src/commands/explain.ts";
import { getSpec } from "../../src/commands/get-spec.ts";
import { history } from "../../src/commands/history.ts";
import { plan } from "../../src/commands/plan.ts";
import { type Asked, withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";
import { device } from "../device.ts";
import { ROLLOUT } from "../rollout.ts";

const WAITS = [
  { revision: 42, wave: 3 },
  { revision: 43, wave: null },
];
const LINES = ["42 waits for wave 3", "43 waits: its rollout does not admit it yet"];
const DEVICE: Device = device("in-sync", { waits: WAITS });

const ID = "device-1";
const NO_FLAGS = { id: ID, spec: undefined, from: undefined, to: undefined, file: undefined };

test("how far its rollout is is told of a revision", async () => {
  const made = { parent: null, author: "alice", message: "", time: 0, changed: 1 };
  const of = (number: number, rollout?: object) => ({
    ...made,
    number,
    documents: [],
    ...(rollout && { rollout }),
  });
  const standing = { status: "running", wave: 2, waves: 3, endedBy: null };
  const revisions = [
    of(5, standing),
    of(4, { ...standing, status: "paused" }),
    of(3, { ...standing, status: "finished" }),
    of(2, { ...standing, status: "reverted", endedBy: 45 }),
    of(1),
  ];
  await withServer(
    () => revisions,
    async (client) => {
      const flags = { before: undefined, since: undefined, author: undefined, limit: 9, id: undefined };
      const { table } = (await history.handler({ ...flags, spec: undefined }, contextOf(client))) as Result;
      const column = table?.columns.indexOf("became") ?? -1;
      assert.deepEqual(
        table?.rows.map((row) => row[column]),
        ["2/3", "paused 2/3", "finished", "reverted by 45", "-"],
      );
    },
  );
});

test("a revision that spreads a packet says so", async () => {
  const made = { parent: null, author: "alice", message: "", time: 0, documents: [], changed: 0 };
  const rollout = { status: "running", wave: 2, waves: 3, endedBy: null };
  await withServer(
    () => [{ ...made, number: 2, rollout }],
    async (client) => {
      const flags = { before: undefined, since: undefined, author: undefined, limit: 9, id: undefined };
      const { table } = (await history.handler({ ...flags, spec: undefined }, contextOf(client))) as Result;
      assert.equal(table?.rows[0]?.[table.columns.indexOf("changed")], "a packet");
    },
  );
});

test("of a device that gets nothing since its rollout is paused that is said", async () => {
  const told = async (sync: "failed" | "in-sync", status: string) => {
    let said: unknown;
    const one = device(sync, { revision: 42, nextTry: Date.now() + 60_000 });
    await withServer(
      ({ path }) =>
        path.endsWith("/plan")
          ? { ...one, steps: [], packets: {}, bytes: 0 }
          : path === "/v1/rollouts"
            ? status === ""
              ? { status: 404, code: "ROUTE_UNKNOWN" }
              : [{ ...ROLLOUT, status }]
            : one,
      async (client) => {
        said = ((await describe.handler({ id: ID }, contextOf(client))) as Result).data;
      },
    );
    const { paused, nextTry } = said as { readonly paused?: string; readonly nextTry?: string };
    return [paused, nextTry !== undefined];
  };
  const line = "rollout 42, which brings this, is paused: nothing comes until resume-rollout";
  assert.deepEqual(await told("failed", "paused"), [line, false]);
  assert.deepEqual(await told("failed", "running"), [undefined, true]);
  assert.deepEqual((await told("in-sync", "paused"))[0], undefined);
  // An older server has none.
  assert.deepEqual(await told("failed", ""), [undefined, true]);
});

test("a spec that spreads is told with what is live, and asked for as others have it", async () => {
  const spec = { id: "vpn", revision: 42, selector: [], apps: [], policy: {} };
  const spreads = { revision: 42, stable: 40 };
  await withServer(
    () => ({ ...spec, rollout: { bakeMs: 3_600_000 }, spreads }),
    async (client, asked) => {
      const flags = { id: "vpn", revision: undefined, stable: true };
      const { data } = (await getSpec.handler(flags, contextOf(client))) as Result;
      assert.deepEqual((data as { rollout: object }).rollout, { bake: "1h", ...spreads });
      assert.deepEqual(asked[0]?.query, { stable: "true" });
      await assert.rejects(getSpec.handler({ ...flags, revision: 3 }, contextOf(client)), { code: "USAGE" });
    },
  );
});

test("what a device will do is told now and later", async () => {
  const step = { kind: "unpack", app: "vpn", packet: "a".repeat(64) };
  const now = { id: ID, sync: "in-sync", revision: 40, steps: [], bytes: 0, problem: null };
  const later = [
    { revision: 42, wave: 3, steps: [step], bytes: 7, problem: null },
    {
      revision: 43,
      wave: null,
      steps: [],
      bytes: null,
      problem: { code: "NO_PACKET_FULFILS", message: "none" },
    },
  ];
  await withServer(
    () => ({ ...now, later, packets: { [step.packet]: ["v2"] } }),
    async (client) => {
      const flags = { id: ID, file: undefined, prune: false, pruneScope: [], exitCode: true };
      const result = (await plan.handler(flags, contextOf(client))) as Result;
      assert.deepEqual(result.data, {
        ...{ id: ID, sync: "in-sync", revision: 40, bytes: 0, steps: [] },
        later: [
          { rollout: 42, wave: 3, bytes: 7, steps: ["unpack vpn [v2]"] },
          { rollout: 43, wave: null, problem: "none", hint: "" },
        ],
      });
      assert.equal(result.exitCode, undefined);
    },
  );
});

test("what a device waits for stands beside what it has and should have", async () => {
  const answer = ({ path }: Asked): object => {
    if (path === "/v1/blame") return [];
    if (!path.endsWith("/explain")) return DEVICE;
    return {
      ...{ id: ID, name: "vpn", tags: null, spec: null, systemtags: [], chosen: null },
      ...{ candidates: [], more: 0, waits: WAITS },
    };
  };
  await withServer(answer, async (client) => {
    const flags = { ...NO_FLAGS, prune: false, pruneScope: [], exitCode: false };
    const differing = (await diff.handler(flags, contextOf(client))) as Result;
    assert.deepEqual(differing.foot, LINES);
    assert.deepEqual((differing.data as { waits: object }).waits, WAITS);
    const blamed = (await blame.handler({ id: ID, spec: undefined }, contextOf(client))) as Result;
    assert.deepEqual(blamed.foot, LINES);
    const notes: string[] = [];
    await explain.handler({ id: ID, app: "vpn", tags: undefined }, contextOf(client, notes));
    assert.deepEqual(notes.slice(1), LINES);
  });
});

test("blame of a device that has not come yet needs no device", async () => {
  const answer = ({ path }: Asked) => (path === "/v1/blame" ? [] : { status: 404, code: "DEVICE_UNKNOWN" });
  await withServer(answer, async (client) => {
    const { foot } = (await blame.handler({ id: ID, spec: undefined }, contextOf(client))) as Result;
    assert.deepEqual(foot, []);
  });
});
