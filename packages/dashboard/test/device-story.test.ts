import assert from "node:assert/strict";
import { test } from "node:test";
import { type Device, SYNC_STATUSES } from "@jamesd/protocol";
import { actionsOf, impactText, typedTags } from "../src/logic/device-actions.ts";
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

test("each way to stand is told, and each that somebody has to do something about says what", () => {
  for (const sync of SYNC_STATUSES) {
    const { what, todo } = standingOf({ ...DEVICE, sync });
    assert.match(what, /\.$/, sync);
    assert.equal(todo === undefined, sync === "in-sync" || sync === "pending", sync);
  }
  assert.match(standingOf({ ...DEVICE, connected: false }).what, /revision 7 when it connects/);
  assert.match(
    standingOf({ ...DEVICE, sync: "failed", transaction: TRANSACTION }).what,
    /neither on nor back/,
  );
  assert.match(standingOf({ ...DEVICE, waiting: { revision: 7, why: "window" } }).todo ?? "", /go now/);
  const problem = { code: "X", message: "no packet", hint: "Add one." };
  assert.equal(standingOf({ ...DEVICE, sync: "unsatisfiable", problem }).todo, "Add one.");
  assert.match(standingOf({ ...DEVICE, sync: "later" as Device["sync"] }).what, /older than the server/);
});

test("how far a device is on its way stands beside its status", () => {
  const preparing = { target: "a", revision: 7, bytes: 15, total: 100 };
  assert.equal(syncText(DEVICE), "pending");
  assert.equal(syncText({ ...DEVICE, preparing }), "pending 15%");
  assert.equal(syncText({ ...DEVICE, preparing: { ...preparing, total: 0 } }), "pending");
  assert.equal(syncText({ ...DEVICE, waiting: { revision: 7, why: "window" } }), "pending, waits");
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

test("only what can be done now is offered", () => {
  const names = (device: Partial<Device>) => actionsOf({ ...DEVICE, ...device }).map(({ name }) => name);
  assert.deepEqual(names({ sync: "in-sync" }), ["Verify"]);
  assert.deepEqual(names({ sync: "failed" }), ["Retry", "Verify"]);
  assert.deepEqual(names({}), ["Verify"]);
  assert.deepEqual(names({ waiting: { revision: 7, why: "window" } }), ["Go now", "Verify"]);
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
