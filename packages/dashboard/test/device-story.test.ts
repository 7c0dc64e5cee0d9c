import assert from "node:assert/strict";
import { test } from "node:test";
import { type Device, ROUTES, SYNC_STATUSES } from "@jamesd/protocol";
import { actionsOf, impactText, refusedIn, reinstallOf, typedTags } from "../src/logic/device-actions.ts";
import { appLines, standingOf, syncText } from "../src/logic/device-story.ts";
import { lookOf } from "../src/logic/status.ts";

const DEVICE: Device = {
  ...{ id: "gw-1", connected: true, lastSeen: 1, sync: "pending", revision: 7, systemtags: [], apps: [] },
  ...{
    agent: null,
    features: [],
    unmergedFiles: [],
    desired: null,
    specs: [],
    effective: null,
    target: null,
  },
  ...{ transaction: null, problem: null },
};
const TRANSACTION = {
  ...{ id: "t", target: "a", revision: 7, started: 1, durationMs: 1, attempt: 1, scripts: [] },
  outcome: "stuck" as const,
};

/** A body as the server reads it. */
function parsed(route: (typeof ROUTES)[keyof typeof ROUTES], body: unknown): unknown {
  return "body" in route && typeof route.body === "object" ? route.body.parse(body) : assert.fail(route.path);
}

const NOW = Date.UTC(2027, 0, 31);
const DAY = 86_400_000;

/** What is said of how a device stands, as one text. */
function told(device: Partial<Device>): string {
  const { what, since, todo } = standingOf({ ...DEVICE, ...device }, NOW);
  return [...what, since, todo].join(" ");
}

test("each way to stand is told, and each that somebody has to do something about says what", () => {
  for (const sync of SYNC_STATUSES) {
    const { what, todo } = standingOf({ ...DEVICE, sync }, NOW);
    for (const line of what) assert.match(line, /\.$/, sync);
    assert.equal(todo === "", sync === "in-sync" || sync === "pending", sync);
  }
  assert.match(told({ sync: "failed", transaction: TRANSACTION }), /neither on nor back/);
  assert.match(told({ waiting: { revision: 7, why: "window" } }), /go now/);
  const problem = { code: "X", message: "no packet", hint: "Add one." };
  assert.equal(standingOf({ ...DEVICE, sync: "unsatisfiable", problem }, NOW).todo, "Add one.");
  const unhinted = { ...problem, hint: "" };
  assert.match(told({ sync: "unsatisfiable", problem: unhinted }), /See what fits it with explain/);
  assert.match(told({ sync: "later" as Device["sync"] }), /older than the server/);
});

test("of a device that is not heard it is told where to look; of one that never was how it comes", () => {
  const silent = { connected: false, lastSeen: NOW - 24 * DAY };
  assert.match(told(silent), /revision 7 when it connects\. .*what it said last.*its power/);
  assert.match(told({ ...silent, sync: "in-sync" }), /what it said.*its power/);
  assert.match(told({ connected: false, lastSeen: null }), /never connected.*enroll-token/);
});

test("of a device that is locked out that is told, and not to wait or look for it", () => {
  const lockedOut = { time: NOW - DAY, author: "olga", reason: "stolen" };
  const problem = { code: "NO_MATCHING_PACKET", message: "none fits", hint: "Upload another." };
  const said = told({ connected: false, lastSeen: 1, lockedOut, problem });
  assert.match(said, /It is locked out: stolen\. .*list-revoked/);
  assert.doesNotMatch(said, /its power|Upload/);
});

test("how the last transaction ended is told with when", () => {
  const ended = { ...TRANSACTION, started: NOW - DAY, durationMs: DAY / 2 };
  assert.match(told({ sync: "failed", transaction: ended }), /ended 12 hours ago: stuck\./);
});

test("how far a device is on its way stands beside its status", () => {
  const preparing = { target: "a", revision: 7, bytes: 15, total: 100 };
  assert.equal(syncText(DEVICE), "pending");
  assert.equal(syncText({ ...DEVICE, preparing }), "pending 15%");
  assert.equal(syncText({ ...DEVICE, preparing: { ...preparing, total: 0 } }), "pending");
  assert.equal(syncText({ ...DEVICE, waiting: { revision: 7, why: "window" } }), "pending, waits");
  assert.equal(syncText({ ...DEVICE, preparing: { ...preparing, ended: 1 } }), "pending, changes");
});

test("apps are told by what is wanted and what is there, whichever there is", () => {
  const has = (name: string, digest: string) => ({ name, tags: ["v1"], digest });
  const wants = (name: string, digest: string | null) => ({ name, tags: ["v2"], spec: "all", digest });
  const lines = appLines({
    apps: [has("same", "a"), has("old", "a"), has("left", "a")],
    effective: {
      apps: [wants("same", "a"), wants("old", "b"), wants("new", "b"), wants("none", null)],
      policy: {},
    },
  });
  assert.deepEqual(
    lines.map(({ name, state }) => [name, state]),
    [
      ["left", "not wanted"],
      ["new", "missing"],
      ["none", "no packet"],
      ["old", "other version"],
      ["same", "installed"],
    ],
  );
  assert.equal(new Set(lines.map(({ state }) => lookOf("app", state).shape)).size, 5);
  assert.deepEqual(appLines({ apps: [], effective: null }), []);
});

test("only what can be done now is offered, and is what the server reads", () => {
  const all = (device: Partial<Device>) => actionsOf({ ...DEVICE, ...device }, { renews: true });
  const names = (device: Partial<Device>) => all(device).map(({ name }) => name);
  const lock = { revision: 7, why: "the update lock is held by recorder" };
  assert.deepEqual(names({ sync: "in-sync" }), ["Verify"]);
  assert.deepEqual(names({ sync: "in-sync", features: ["renewal"] }), ["Verify", "Renew certificate"]);
  for (const server of [undefined, {}])
    assert.equal(actionsOf({ ...DEVICE, features: ["renewal"] }, server).length, 1, "nor what it refuses");
  assert.deepEqual(names({ sync: "failed" }), ["Retry", "Verify"]);
  assert.deepEqual(names({}), ["Verify"]);
  assert.deepEqual(names({ waiting: { revision: 7, why: "window" } }), ["Go now", "Verify"]);
  assert.deepEqual(names({ waiting: lock }), ["Go despite the lock", "Verify"]);
  assert.deepEqual(names({ sync: "halted" }), ["The server is right", "The device is right", "Verify"]);
  assert.equal(reinstallOf(DEVICE, "web"), undefined);
  const again = reinstallOf({ ...DEVICE, features: ["reinstall"] }, "web");
  const offered: Partial<Device>[] = [
    { sync: "failed" },
    { sync: "halted", features: ["renewal"] },
    { waiting: lock },
  ];
  for (const action of [...offered.flatMap((one) => all(one)), again]) {
    assert.match(action?.text ?? "", /\.$/);
    const route = Object.values(ROUTES).find(
      ({ method, path }) => method === "POST" && path.replace(":id", "gw-1") === action?.path,
    );
    assert.ok(route, action?.path);
    if (action?.body !== undefined) assert.doesNotThrow(() => parsed(route, action.body));
  }
});

test("an answer that refuses the one that was named is a refusal", () => {
  assert.equal(refusedIn({ devices: 1, cannot: [] }), undefined);
  assert.equal(refusedIn(undefined), undefined);
  assert.match(refusedIn({ devices: 0, cannot: ["gw-1"] }) ?? "", /cannot/);
  const problem = { code: "X", message: "its packet is gone", hint: "Upload it." };
  assert.equal(refusedIn({ refused: [{ id: "gw-1", problem }], more: 0 }), "its packet is gone");
});

test("tags are typed with commas or spaces; what they mean is said with the number of devices", () => {
  assert.deepEqual(typedTags(" a, b  a,,c "), ["a", "b", "c"]);
  assert.deepEqual(typedTags(" ,"), []);
  const impact = { devices: 1, connected: 1, unsatisfiable: 0, groups: [], more: 0, warnings: [] };
  assert.equal(impactText({ ...impact, devices: 0 }), "Nothing else changes for any device.");
  assert.equal(
    impactText({ ...impact, unsatisfiable: 1, warnings: ["Mind the gap."] }),
    "What 1 device should have changes. 1 cannot have it. Mind the gap.",
  );
});
