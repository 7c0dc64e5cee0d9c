import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Digest, type InstalledApp, parseScope, sha256 } from "@jamesd/model";
import { type About, ROUTES, type Route, type RouteName } from "@jamesd/protocol";
import { addPacket, archiveOf, NOTHING, say, want } from "./http-seed.ts";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

/** An operator of the devices that were given `lab`, and of packets whose names begin with `acme-`. */
const SCOPE = parseScope({ devices: ["given:lab"], packets: ["acme-"] });

let server: TestServer;
let acme = "";
let vpn = "";
let shared = "";
let rollout = "";

before(async () => {
  server = await TestServer.start(["alice", "mine", "other"], {
    operators: ["alice"],
    scopes: new Map([["alice", SCOPE]]),
  });
  vpn = await addPacket(server, "vpn", ["v1"]);
  acme = await addPacket(server, "acme-app", ["v1"]);
  shared = await addPacket(server, "acme-shared", ["v1"]);
  for (const id of ["mine", "other"]) await say(server, id, []);
  await tag("admin", "mine", { add: ["lab"] });
  await want(server, "other", [
    { name: "vpn", tags: ["v1"] },
    { name: "acme-shared", tags: ["v1"] },
  ]);
  await say(server, "other", [installed("vpn", vpn), installed("acme-shared", shared)]);
  await apply("admin", [{ ...SPEC, id: "base", selector: [], apps: [{ name: "vpn", tags: ["v1"] }] }]);
  const spread = { ...SPEC, id: "spread", selector: ["not:given:lab"], apps: [{ name: "vpn", tags: [] }] };
  const plan = { waves: ["1"], bakeMs: 1e9 };
  const applied = await apply("admin", [spread], { rollout: { plan } });
  rollout = String((jsonOf(applied) as { revision: number }).revision);
  // It is for nobody, and over soon: nothing happens any more while others are refused.
  for (let status = ""; status !== "finished"; )
    ({ status } = jsonOf(await server.send("admin", "GET", `/v1/rollouts/${rollout}`)) as { status: string });
});
after(() => server[Symbol.asyncDispose]());

const installed = (name: string, digest: Digest): InstalledApp => ({ name, tags: ["v1"], digest });
const SPEC = { kind: "spec", selector: ["given:lab"], apps: [{ name: "acme-app", tags: ["v1"] }] } as const;

const tag = (who: string, id: string, body: object) =>
  server.send(who, "POST", `/v1/devices/${id}/tags`, { body });
const apply = (who: string, documents: readonly object[], more = {}) =>
  server.send(who, "POST", "/v1/revisions", { body: { documents, ...more } });
const upload = async (name: string): Promise<Digest> => {
  const archive = await archiveOf(`opt/${name}`);
  const digest = sha256(archive);
  assert.equal(
    (await server.send("alice", "PUT", `/v1/uploads/${digest}?offset=0`, { body: archive })).status,
    200,
  );
  return digest;
};

/** What one may be asked to change. */
interface Attempt {
  readonly what: string;
  readonly param?: string | (() => string);
  readonly query?: string;
  readonly body?: object | (() => Promise<object>);
  /** What the refusal names, as what would be needed. */
  readonly needs: RegExp;
}

const BEYOND = /given:lab/;
const SPREAD: Attempt = { what: "what is wanted beyond it", param: () => rollout, body: {}, needs: /spread/ };
const OTHER: Attempt = { what: "a device beyond it", param: "other", needs: BEYOND };

type Changing = { [N in RouteName]: (typeof ROUTES)[N]["method"] extends "GET" ? never : N }[RouteName];

/** Of each route that changes something and says that it judges by the scope: what is beyond it. A new one does not compile without. */
const BEYOND_SCOPE: {
  readonly [N in Changing as (typeof ROUTES)[N] extends { scoped: true } ? N : never]: readonly Attempt[];
} = {
  addPacket: [
    {
      what: "a packet of another name",
      body: async () => ({ name: "vpn", tags: ["v2"], upload: await upload("vpn"), scripts: {} }),
      needs: /acme-/,
    },
    {
      what: "a packet that is wanted beyond it",
      body: async () => ({ name: "acme-shared", tags: ["v2"], upload: await upload("x"), scripts: {} }),
      needs: /the desired state of other/,
    },
  ],
  removePacket: [
    {
      what: "a packet of another name",
      param: () => vpn,
      query: "?force=true",
      needs: /acme-/,
    },
    {
      what: "a packet that is wanted beyond it",
      param: () => shared,
      query: "?force=true",
      needs: /other/,
    },
  ],
  putUpload: [],
  pauseRollout: [SPREAD],
  resumeRollout: [SPREAD],
  approveRollout: [SPREAD],
  promoteRollout: [SPREAD],
  revertRollout: [SPREAD],
  // As of each device that failed.
  retryRollout: [],
  removeDevice: [{ ...OTHER, query: "?force=true" }],
  revoke: [
    { what: "a device beyond it", body: { locked: { kind: "name", name: "other" } }, needs: BEYOND },
    { what: "a person", body: { locked: { kind: "name", name: "watcher" } }, needs: /whole fleet/ },
    {
      what: "a certificate",
      body: { locked: { kind: "certificate", serial: "ab", issuer: null } },
      needs: /whole fleet/,
    },
  ],
  unrevoke: [
    { what: "a device beyond it", body: { locked: { kind: "name", name: "other" } }, needs: BEYOND },
    {
      what: "a certificate",
      body: { locked: { kind: "certificate", serial: "ab", issuer: null } },
      needs: /whole fleet/,
    },
  ],
  retry: [OTHER],
  go: [{ ...OTHER, body: {} }],
  verify: [OTHER],
  renewDevices: [{ what: "a device beyond it", body: { ids: ["mine", "other"] }, needs: BEYOND }],
  reinstall: [
    { ...OTHER, body: { app: "acme-app" } },
    { what: "a packet of another name", param: "mine", body: { app: "vpn" }, needs: /acme-/ },
  ],
  tagDevice: [
    { ...OTHER, body: { add: ["lab"] } },
    { ...OTHER, body: { add: ["lab"], dryRun: true } },
    { what: "out of it", param: "mine", body: { remove: ["lab"] }, needs: BEYOND },
  ],
  adoptState: [
    { what: "a device beyond it", body: { ids: ["mine", "other"], keep: "server" }, needs: BEYOND },
    {
      what: "a device beyond it, to see what it means",
      body: { ids: ["other"], keep: "device", dryRun: true },
      needs: BEYOND,
    },
  ],
  setDesiredState: [
    { ...OTHER, body: { apps: [] } },
    { what: "a device that nobody has seen", param: "new", body: { apps: [] }, needs: BEYOND },
    {
      what: "a packet of another name",
      param: "mine",
      body: { apps: [{ name: "vpn", tags: ["v1"] }] },
      needs: /acme-/,
    },
  ],
  apply: [
    {
      what: "a spec for others",
      body: { documents: [{ ...SPEC, id: "s", selector: ["id:mine"] }] },
      needs: BEYOND,
    },
    {
      what: "a spec for all",
      body: { documents: [{ ...SPEC, id: "s", selector: [] }], dryRun: true },
      needs: BEYOND,
    },
    { what: "a spec of others", body: { documents: [{ ...SPEC, id: "base" }] }, needs: BEYOND },
    {
      what: "to remove a spec of others",
      body: { documents: [], remove: [{ kind: "spec", id: "base" }] },
      needs: BEYOND,
    },
    { what: "to remove all others", body: { documents: [{ ...SPEC, id: "s" }], prune: true }, needs: BEYOND },
    {
      what: "a packet of another name",
      body: { documents: [{ ...SPEC, id: "s", apps: [{ name: "vpn", tags: [] }] }] },
      needs: /acme-/,
    },
  ],
  revert: [
    { what: "revisions of others", body: { to: 0 }, needs: BEYOND },
    {
      what: "the document of another",
      body: { to: 0, document: { kind: "device", id: "other" } },
      needs: BEYOND,
    },
  ],
};

const REST = Object.entries<Route>(ROUTES).filter(
  ([name, { method, roles }]) => method !== "GET" && roles.includes("operator") && !(name in BEYOND_SCOPE),
);

/** Everything that people can see of what is kept. */
async function everything(): Promise<string> {
  const paths = ["devices", "packets", "specs", "revisions", "revocations", "events"];
  const answers = await Promise.all(
    [...paths, "devices/mine", "devices/other"].map((path) => server.send("admin", "GET", `/v1/${path}`)),
  );
  return answers
    .map(({ body }) => body.toString())
    .join("\n")
    .replaceAll(/"lastSeen":"?[^",]*"?/g, "");
}

describe("an operator of a part of the fleet may not", () => {
  for (const [name, attempts] of Object.entries(BEYOND_SCOPE))
    for (const { what, query = "", needs, ...attempt } of attempts)
      test(`${name}: ${what}`, async () => {
        const { method, path } = ROUTES[name as RouteName];
        const param = typeof attempt.param === "function" ? attempt.param() : (attempt.param ?? "");
        const body = typeof attempt.body === "function" ? await attempt.body() : attempt.body;
        const known = await everything();
        const answer = await server.send("alice", method, path.replace(/:\w+/, param) + query, {
          body,
        });
        assert.deepEqual([answer.status, codeOf(answer)], [403, "SCOPE_EXCEEDED"], answer.body.toString());
        const { message, hint } = jsonOf(answer) as Record<string, string>;
        assert.match(message ?? "", /beyond the scope of alice/);
        assert.match(`${message} ${hint}`, needs);
        assert.match(hint ?? "", /operator of the whole fleet/);
        assert.equal(await everything(), known);
      });

  for (const [name, { method, path, body }] of REST)
    test(`${name}: anything, for it does not say that it judges by the scope`, async () => {
      const answer = await server.send("alice", method, path.replace(/:\w+/, "x"), {
        body: body && {},
      });
      assert.deepEqual([answer.status, codeOf(answer)], [403, "SCOPE_EXCEEDED"]);
    });
});

describe("an operator of a part of the fleet may", () => {
  test("see everything, and what its scope is", async () => {
    for (const path of ["devices", "devices/other", "packets", "specs", "revisions", "events", "revocations"])
      assert.equal((await server.send("alice", "GET", `/v1/${path}`)).status, 200, path);
    const { you } = jsonOf(await server.send("alice", "GET", "/v1/about")) as About;
    assert.deepEqual(you.scope, { devices: ["given:lab"], packets: ["acme-"] });
    assert.equal((jsonOf(await server.send("admin", "GET", "/v1/about")) as About).you.scope, undefined);
  });

  test("change what is in it", async () => {
    const packet = { name: "acme-new", tags: ["v1"], upload: await upload("acme-new"), scripts: {} };
    const added = await server.send("alice", "POST", "/v1/packets", { body: packet });
    assert.equal(added.status, 200, added.body.toString());
    const { digest } = (jsonOf(added) as { packet: { digest: string } }).packet;
    const calls: readonly (readonly [method: string, path: string, body: unknown, status: number])[] = [
      ["PUT", "devices/mine/desired", { apps: [{ name: "acme-new", tags: ["v1"] }] }, 200],
      ["PUT", "devices/mine/desired", { apps: [] }, 200],
      ["POST", "revisions/revert", { to: 0, document: { kind: "device", id: "mine" } }, 200],
      ["POST", "revisions", { documents: [{ ...SPEC, id: "mine", selector: ["given:lab", "armv7l"] }] }, 200],
      ["POST", "revisions", { documents: [], remove: [{ kind: "spec", id: "mine" }] }, 200],
      ["POST", "devices/mine/tags", { add: ["trial"] }, 200],
      ["POST", "adoptions", { ids: ["mine"], keep: "server" }, 200],
      ["DELETE", `packets/${digest}`, undefined, 204],
      ["POST", "devices/mine/go", {}, 200],
      // These are let through, and have nothing to do.
      ["POST", "devices/mine/retry", undefined, 409],
      ["POST", "devices/mine/verify", undefined, 409],
      ["POST", "devices/mine/reinstall", { app: "acme-app" }, 409],
      ["POST", "revocations", { locked: { kind: "name", name: "mine" } }, 200],
      ["POST", "revocations/lift", { locked: { kind: "name", name: "mine" } }, 200],
      ["DELETE", "devices/mine?force=true", undefined, 204],
    ];
    for (const [method, path, body, status] of calls) {
      const answer = await server.send("alice", method, `/v1/${path}`, { body });
      assert.equal(answer.status, status, `${method} ${path}: ${answer.body}`);
    }
    assert.notEqual(acme, NOTHING);
  });
});
