import assert from "node:assert/strict";
import { test } from "node:test";
import type { Blame, Changes, RevisionMessage } from "@jamesd/protocol";
import { apply, get, own, spec, start, VPN1, VPN2, WEB1 } from "./http-desired.ts";
import { codeOf } from "./http-server.ts";

const DESIRED = "/v1/devices/later/desired";
const BLAME = "/v1/blame?kind=device&id=later";

test("what is set for a device before its first check-in is read back, and its past after it was removed", async () => {
  await using server = await start();
  for (const path of [DESIRED, BLAME])
    assert.equal(codeOf(await server.send("watcher", "GET", path)), "DEVICE_UNKNOWN", path);
  const { impact } = await apply(server, [own("later", [VPN1])], { message: "before it came" });
  assert.match(impact.warnings.join(), /no device later has ever checked in/);
  assert.deepEqual((await get<{ apps: object[] }>(server, DESIRED)).apps, [VPN1]);
  const blamed = async () =>
    (await get<Blame>(server, BLAME)).map(({ name, revision, message }) => [name, revision, message]);
  assert.deepEqual(await blamed(), [["vpn", 1, "before it came"]]);

  await apply(server, [], { remove: [{ kind: "device", id: "later" }] });
  assert.equal(codeOf(await server.send("watcher", "GET", DESIRED)), "REVISION_UNKNOWN");
  assert.deepEqual((await get<{ apps: object[] }>(server, `${DESIRED}?revision=1`)).apps, [VPN1]);
  assert.deepEqual(await blamed(), []);
});

test("the history of what was never heard of, and going back to it, is refused; what was removed has its history", async () => {
  await using server = await start();
  await apply(server, [own("later", [VPN1]), spec("gone", ["arm"], [VPN1])]);
  await apply(server, [], {
    remove: [
      { kind: "device", id: "later" },
      { kind: "spec", id: "gone" },
    ],
  });
  const revert = (kind: string, id: string) =>
    server.send("admin", "POST", "/v1/revisions/revert", {
      body: { to: 1, document: { kind, id }, dryRun: true },
    });
  for (const [kind, id, code, revisions] of [
    ["device", "nobody", "DEVICE_UNKNOWN", 0],
    ["spec", "nothing", "SPEC_UNKNOWN", 0],
    ["spec", "later", "SPEC_UNKNOWN", 0],
    ["device", "later", undefined, 2],
    ["spec", "gone", undefined, 2],
    // It has checked in, and that is all.
    ["device", "device-1", undefined, 0],
  ] as const) {
    const path = `/v1/revisions?kind=${kind}&id=${id}`;
    const listed = await server.send("watcher", "GET", path);
    const reverted = await revert(kind, id);
    if (code !== undefined)
      assert.deepEqual([codeOf(listed), codeOf(reverted)], [code, code], `${kind} ${id}`);
    else {
      assert.equal((await get<object[]>(server, path)).length, revisions, `${kind} ${id}`);
      assert.equal(reverted.status, 200, reverted.body.toString());
    }
  }
});

test("history tells what took back what, and what a revision made an end of", async () => {
  await using server = await start();
  const become = (app: object, more: object = {}) => apply(server, [spec("a", ["arm"], [app])], more);
  await become(VPN1);
  await become(VPN2);
  await apply(server, [spec("a", ["arm"], [WEB1]), spec("b", ["arm"], [WEB1])]);
  const revert = async (to: number, id?: string): Promise<void> => {
    const document = id === undefined ? {} : { document: { kind: "spec", id } };
    const answer = await server.send("admin", "POST", "/v1/revisions/revert", { body: { to, ...document } });
    assert.equal(answer.status, 200, answer.body.toString());
  };
  // Of 3, which changed b as well, this is only a part.
  await revert(1, "a");
  await revert(2, "a");
  await become(VPN1, { rollout: { plan: { waves: ["1"] } } });
  await become(WEB1, { rollout: { supersede: true } });
  const reverted = await server.send("admin", "POST", "/v1/rollouts/7/revert", { body: {} });
  assert.equal(reverted.status, 200, reverted.body.toString());
  await revert(2);
  const told = async (path = "/v1/revisions"): Promise<readonly unknown[]> =>
    (await get<RevisionMessage[]>(server, path)).map(({ number, revertsTo, revertedBy, ends }) => [
      number,
      revertsTo,
      revertedBy,
      ends,
    ]);
  const none = undefined;
  assert.deepEqual(await told(), [
    [9, 2, none, none],
    [8, none, 9, [7]],
    [7, none, 8, [6]],
    [6, none, 9, none],
    [5, 2, 9, none],
    [4, 1, 5, none],
    [3, none, 9, none],
    [2, none, 4, none],
    [1, none, none, none],
  ]);
  assert.deepEqual(await told("/v1/revisions?kind=spec&id=b"), [
    [9, 2, none, none],
    [3, none, 9, none],
  ]);
});

test("after a device was removed, what it should have had is still there", async () => {
  await using server = await start();
  await apply(server, [own("device-1", [VPN2])]);
  const removed = await server.send("admin", "DELETE", "/v1/devices/device-1?force=true");
  assert.equal(removed.status, 204, removed.body.toString());
  const then = await get<{ apps: object[] }>(server, "/v1/devices/device-1/desired?revision=1");
  assert.deepEqual(then.apps, [VPN2]);
  const now = await server.send("watcher", "GET", "/v1/devices/device-1/desired");
  assert.equal(codeOf(now), "REVISION_UNKNOWN");
});

test("differences over several revisions are those of the ends, in either direction", async () => {
  await using server = await start();
  await apply(server, [spec("a", ["arm"], [VPN1]), own("device-2", [WEB1])]);
  await apply(server, [spec("a", ["arm"], [VPN2]), spec("b", ["x86"], [VPN1])]);
  await apply(server, [spec("a", ["arm"], [VPN1])], { remove: [{ kind: "device", id: "device-2" }] });
  const between = async (from: number, to: number) => {
    const { changes } = await get<Changes>(server, `/v1/changes?from=${from}&to=${to}`);
    return changes.map(({ id, before, after }) => [id, before?.apps ?? null, after?.apps ?? null]);
  };
  assert.deepEqual(await between(1, 3), [
    ["device-2", [WEB1], null],
    ["b", null, [VPN1]],
  ]);
  assert.deepEqual(await between(3, 1), [
    ["device-2", null, [WEB1]],
    ["b", [VPN1], null],
  ]);
  assert.deepEqual(await between(2, 3), [
    ["device-2", [WEB1], null],
    ["a", [VPN2], [VPN1]],
  ]);
  assert.deepEqual(await between(2, 2), []);
});

test("differences of one document are those of its revisions; there is none beyond the newest, and none before the first", async () => {
  await using server = await start();
  for (const app of [VPN1, VPN2, WEB1]) await apply(server, [spec("a", ["arm"], [app]), own("later", [app])]);
  const of = async (query: string) => {
    const { changes } = await get<Changes>(server, `/v1/changes?${query}`);
    return changes.map(({ id, before, after }) => [id, before?.apps ?? null, after?.apps ?? null]);
  };
  assert.deepEqual(await of("from=1&to=2&kind=spec&id=a"), [["a", [VPN1], [VPN2]]]);
  assert.deepEqual(await of("from=0&to=1&kind=device&id=later"), [["later", null, [VPN1]]]);
  assert.deepEqual(await of("from=1&to=2&kind=spec&id=none"), []);
  assert.deepEqual(await get(server, "/v1/changes?to=0"), { from: 0, to: 0, changes: [] });
  for (const query of ["from=4", "to=4", "from=4&to=1"])
    assert.equal(
      codeOf(await server.send("watcher", "GET", `/v1/changes?${query}`)),
      "REVISION_UNKNOWN",
      query,
    );
});

test("a device's blame names each app once: the specs' apps that it does not list itself, then its own", async () => {
  await using server = await start();
  await apply(server, [spec("all", [], [VPN1, WEB1])]);
  await apply(server, [own("device-1", [VPN2])]);
  const blame = async (query: string) =>
    (await get<Blame>(server, `/v1/blame?${query}`)).map(({ name, tags, id }) => [name, ...tags, id]);
  assert.deepEqual(await blame("kind=device&id=device-1"), [
    ["web", "v1", "all"],
    ["vpn", "v2", "device-1"],
  ]);
  assert.deepEqual(await blame("kind=device&id=device-2"), [
    ["vpn", "v1", "all"],
    ["web", "v1", "all"],
  ]);
  assert.deepEqual(await blame("kind=spec&id=all"), [
    ["vpn", "v1", "all"],
    ["web", "v1", "all"],
  ]);
  const unknown = await server.send("watcher", "GET", "/v1/blame?kind=spec&id=none");
  assert.equal(codeOf(unknown), "SPEC_UNKNOWN");
});

test("a device that has checked in and has nothing of its own is told from one that never did", async () => {
  await using server = await start();
  const code = async (id: string) => codeOf(await server.send("watcher", "GET", `/v1/devices/${id}/desired`));
  assert.deepEqual([await code("device-1"), await code("later")], ["REVISION_UNKNOWN", "DEVICE_UNKNOWN"]);
});

test("how changes of a spec spread is kept with it, also over a restart, and what is wrong in it is refused", async () => {
  await using server = await start();
  const rollout = { waves: ["tag:canary", "10%"], success: 0.9, bakeMs: 0, inFlight: 5, approve: "first" };
  await apply(server, [spec("s", ["arm"], [VPN1])]);
  await apply(server, [spec("s", ["arm"], [VPN1], { rollout })]);
  const kept = async () => (await get<{ rollout?: object }>(server, "/v1/specs/s")).rollout;
  assert.deepEqual(await kept(), rollout);
  const { changes } = await get<Changes>(server, "/v1/changes?from=1&to=2");
  assert.deepEqual(
    changes.map(({ before, after }) => [before?.rollout, after?.rollout]),
    [[undefined, rollout]],
  );
  const { revision } = await apply(server, [spec("s", ["arm"], [VPN1], { rollout })]);
  assert.equal(revision, 2, "it said the same");
  for (const [wrong, code] of [
    [{ waves: ["5%", "2%"] }, "ROLLOUT_INVALID"],
    [{ wave: ["5%"] }, "REQUEST_INVALID"],
    [{ success: 95 }, "REQUEST_INVALID"],
  ] as const) {
    const body = { documents: [spec("s", ["arm"], [VPN1], { rollout: wrong })] };
    assert.equal(codeOf(await server.send("admin", "POST", "/v1/revisions", { body })), code);
  }
  const body = { documents: [own("device-1", [VPN1], { rollout })] };
  assert.equal(codeOf(await server.send("admin", "POST", "/v1/revisions", { body })), "REQUEST_INVALID");
});
