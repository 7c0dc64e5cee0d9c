import assert from "node:assert/strict";
import { test } from "node:test";
import { type Digest, type InstalledApp, sha256, stateDigest } from "@jamesd/model";
import type { Applied, ROUTES, RouteName } from "@jamesd/protocol";
import { addPacket, archiveOf } from "./http-seed.ts";
import { type Answer, codeOf, jsonOf, TestServer } from "./http-server.ts";

/** Devices 1 and 2 have and should have an app, of which there is another version; device 3 is halted, and has something else. */
interface Stage {
  readonly server: TestServer;
  readonly old: Digest;
  /** An uploaded archive of which no packet was made. */
  readonly upload: Digest;
}

/** How somebody asks for a change, without a word of `now` and with it. */
type Ask = (stage: Stage, isNow: boolean) => Promise<Answer>;
type Changing = { [N in RouteName]: (typeof ROUTES)[N]["method"] extends "GET" ? never : N }[RouteName];
/** What tells a rollout something is bounded by its waves. */
type Asked = Exclude<Operators, `${string}Rollout`>;
type Operators = {
  [N in Changing]: "operator" extends (typeof ROUTES)[N]["roles"][number] ? N : never;
}[Changing];

const post = (path: string, bodyOf: (isNow: boolean, stage: Stage) => object): Ask => {
  return (stage, isNow) => stage.server.send("admin", "POST", path, { body: bodyOf(isNow, stage) });
};
const choice = (isNow: boolean) => (isNow ? { rollout: { now: true } } : {});
const now = (isNow: boolean) => (isNow ? { now: true } : {});
const app = (...tags: string[]) => ({ name: "app", tags });
const SPEC = { kind: "spec", id: "all", selector: ["not:id:device-3"] };

/** What gives devices nothing else than they should have already, or is a wish for one of them. */
const NOTHING_ELSE = "nothing else";

/** Of each route by which an operator changes something: how it would give devices something else. A new one does not compile without. */
const WAYS: { readonly [N in Asked]: Readonly<Record<string, Ask>> | typeof NOTHING_ELSE } = {
  apply: {
    "a spec that changes": post("/v1/revisions", (isNow) => ({
      documents: [{ ...SPEC, apps: [app("v2")] }],
      ...choice(isNow),
    })),
    "a spec that is removed": post("/v1/revisions", (isNow) => ({
      documents: [],
      remove: [{ kind: "spec", id: "all" }],
      ...choice(isNow),
    })),
    "every spec that is not given": post("/v1/revisions", (isNow) => ({
      documents: [{ kind: "spec", id: "other", selector: ["x"], apps: [] }],
      prune: true,
      ...choice(isNow),
    })),
  },
  revert: { all: post("/v1/revisions/revert", (isNow) => ({ to: 0, ...choice(isNow) })) },
  setDesiredState: {
    "of one": ({ server }, isNow) =>
      server.send("admin", "PUT", "/v1/devices/device-1/desired", {
        body: { apps: [app("v2")], ...choice(isNow) },
      }),
  },
  tagDevice: { "of one": post("/v1/devices/device-1/tags", (isNow) => ({ add: ["next"], ...now(isNow) })) },
  adoptState: {
    "the server is right": post("/v1/adoptions", (isNow) => ({ keep: "server", ...now(isNow) })),
  },
  addPacket: {
    "one that fits better": post("/v1/packets", (isNow, { upload }) => ({
      ...{ name: "app", tags: ["v1", "x86"], upload, scripts: {} },
      ...choice(isNow),
    })),
  },
  removePacket: {
    "one that is needed": ({ server, old }, isNow) =>
      server.send("admin", "DELETE", `/v1/packets/${old}?force=true${isNow ? "&now=true" : ""}`),
  },
  ...{ putUpload: NOTHING_ELSE, retry: NOTHING_ELSE, go: NOTHING_ELSE, verify: NOTHING_ELSE },
  // It is forgotten; when it comes back it gets what others like it have.
  removeDevice: NOTHING_ELSE,
  ...{ reinstall: NOTHING_ELSE, renewDevices: NOTHING_ELSE, revoke: NOTHING_ELSE, unrevoke: NOTHING_ELSE },
  ...{ makeEnrollToken: NOTHING_ELSE, revokeEnrollToken: NOTHING_ELSE },
  ...{ approveEnrollment: NOTHING_ELSE, rejectEnrollment: NOTHING_ELSE, addCertificate: NOTHING_ELSE },
};

async function say(server: TestServer, id: string, systemtags: string[], apps: readonly InstalledApp[]) {
  const state = { systemtags, apps };
  const body = { digest: stateDigest(state), state };
  const said = await server.send(id, "POST", "/v1/checkin", { body });
  assert.ok(said.status < 300, said.body.toString());
}

async function applied(server: TestServer, documents: readonly object[]): Promise<void> {
  const body = { documents, rollout: { now: true } };
  const answer = await server.send("admin", "POST", "/v1/revisions", { body });
  assert.equal(answer.status, 200, answer.body.toString());
}

async function begin(server: TestServer): Promise<Stage> {
  const old = await addPacket(server, "app", ["v1"]);
  await addPacket(server, "app", ["v2"]);
  await addPacket(server, "web", []);
  const more = { kind: "spec", id: "next", selector: ["given:next"], apps: [{ name: "web", tags: [] }] };
  for (const id of ["device-1", "device-2"]) await say(server, id, ["x86"], []);
  const third = { kind: "device", id: "device-3", apps: [app("v1")] };
  await applied(server, [{ ...SPEC, apps: [app("v1")] }, more, third]);
  await say(server, "device-3", ["x86"], [{ name: "app", tags: [], digest: sha256("of another server") }]);
  for (const id of ["device-1", "device-2"]) await say(server, id, ["x86"], [{ ...app("v1"), digest: old }]);
  const archive = await archiveOf("opt/other");
  const upload = sha256(archive);
  await server.send("admin", "PUT", `/v1/uploads/${upload}?offset=0`, { body: archive });
  return { server, old, upload };
}

test("nothing gives more devices something else than may at once, whatever way it goes, unless it says now", async () => {
  await using server = await TestServer.start(["device-3"], { maxAtOnce: 0 });
  const stage = await begin(server);
  const ways = Object.entries(WAYS).flatMap(([name, asks]) =>
    asks === NOTHING_ELSE
      ? []
      : Object.entries(asks).map(([what, ask]) => [`${name}: ${what}`, ask] as const),
  );
  const everything = async () =>
    (await server.send("watcher", "GET", "/v1/events")).body.toString() +
    (await server.send("watcher", "GET", "/v1/packets")).body.toString();
  const known = await everything();
  for (const [what, ask] of ways) {
    const answer = await ask(stage, false);
    assert.deepEqual([answer.status, codeOf(answer)], [409, "TOO_MANY_AT_ONCE"], `${what}: ${answer.body}`);
    assert.match(answer.body.toString(), /--waves.*--now/, what);
  }
  assert.equal(await everything(), known);
  // What was to become a packet was not even read: its archive is there still.
  for (const [what, ask] of ways) {
    const answer = await ask(stage, true);
    assert.ok(answer.status < 300, `${what}: ${answer.body}`);
  }
});

test("so many devices may, and one more may not; what would be too many is told beforehand", async () => {
  await using server = await TestServer.start([], { maxAtOnce: 1 });
  const old = await addPacket(server, "app", ["v1"]);
  await addPacket(server, "app", ["v2"]);
  for (const id of ["device-1", "device-2"]) await say(server, id, [], []);
  const document = (...apps: object[]) => ({ kind: "spec", id: "all", selector: [], apps });
  const apply = (documents: readonly object[], more = {}) =>
    server.send("admin", "POST", "/v1/revisions", { body: { documents, ...more } });
  const one = await apply([{ ...document(app("v1")), selector: ["id:device-1"] }]);
  assert.equal(one.status, 200, one.body.toString());
  // The first has it already: for it nothing changes.
  assert.equal((await apply([document(app("v1"))])).status, 200);
  assert.equal(codeOf(await apply([document(app("v2"))])), "TOO_MANY_AT_ONCE");
  const foreseen = jsonOf(await apply([document(app("v2"))], { dryRun: true })) as Applied;
  assert.match(foreseen.impact.warnings.join(), /^2 devices would get something else at once, and 1 may/);
  const meant = jsonOf(await apply([document(app("v2"))], { dryRun: true, rollout: { now: true } }));
  assert.deepEqual((meant as Applied).impact.warnings, []);
  // What does not change what devices get may be for all of them.
  assert.equal((await apply([{ ...document(app("v1")), revision: 2 }, own("x")])).status, 200);
  assert.equal((await server.send("admin", "DELETE", `/v1/packets/${old}`)).status, 409);
  const spread = await apply([document(app("v2"))], { rollout: { plan: {} } });
  assert.deepEqual((jsonOf(spread) as Applied).waves, [
    { wave: "1", devices: 1 },
    { wave: "10%", devices: 0 },
    { wave: "100%", devices: 1 },
  ]);
});

const own = (id: string) => ({ kind: "device", id, apps: [] });
