import assert from "node:assert/strict";
import { test } from "node:test";
import type { Applied } from "@jamesd/protocol";
import { appliedView, differenceTable, differenceView, packetTexts } from "../../src/views/change-view.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

test("packets are named where the tags do not tell them apart", () => {
  const name = "web";
  const same = { name, before: [], after: [], packets: { before: A, after: B } };
  assert.deepEqual(packetTexts(same), ["(no tags) (packet aaaaaaaaaaaa)", "(no tags) (packet bbbbbbbbbbbb)"]);
  const other = { name, before: ["v1"], after: ["v2"], packets: { before: A, after: B } };
  assert.deepEqual(packetTexts(other), ["v1", "v2"]);
  const coming = { name, before: null, after: ["v2"], packets: { before: null, after: null } };
  assert.deepEqual(packetTexts(coming), ["-", "v2"]);
});

const vpn = (version: string) => ({
  selector: ["arm"],
  apps: [{ name: "vpn", tags: [version] }],
  policy: {},
});
const NOTHING = { selector: [], apps: [], policy: {} };

test("what is different in a document is a line each; one that comes or goes with nothing in it as well", () => {
  const key = { kind: "spec", id: "s" } as const;
  const other = { selector: [], apps: [{ name: "web", tags: [] }], policy: { unowned: "adopt" as const } };
  assert.deepEqual(differenceTable([{ ...key, before: vpn("v1"), after: other }]).rows, [
    ["spec", "s", "selector", "arm", "(no tags)"],
    ["spec", "s", "policy", "-", "adopt"],
    ["spec", "s", "app vpn", "v1", "-"],
    ["spec", "s", "app web", "-", "(no tags)"],
  ]);
  const renamed = { ...vpn("v1"), selector: ["x86"] };
  assert.deepEqual(differenceTable([{ ...key, before: vpn("v1"), after: renamed }]).rows, [
    ["spec", "s", "selector", "arm", "x86"],
  ]);
  assert.deepEqual(differenceTable([{ ...key, before: null, after: NOTHING }]).rows, [
    ["spec", "s", "-", "-", "there"],
  ]);
  assert.deepEqual(differenceTable([{ ...key, before: NOTHING, after: null }]).rows, [
    ["spec", "s", "-", "there", "-"],
  ]);
});

test("a document is created, changed or removed, and only what differs is listed", () => {
  const key = { kind: "device", id: "d" } as const;
  const policy = { confirm: { connectivity: 60 } };
  assert.equal(differenceView({ ...key, before: null, after: NOTHING }).change, "created");
  assert.equal(differenceView({ ...key, before: NOTHING, after: null }).change, "removed");
  assert.deepEqual(differenceView({ ...key, before: vpn("v1"), after: { ...vpn("v1"), policy } }), {
    ...key,
    change: "changed",
    policy: { before: {}, after: { confirm: "connectivity=1m" } },
    apps: [],
  });
  const { change, ...rest } = differenceView({ ...key, before: vpn("v1"), after: vpn("v2") });
  assert.equal(change, "changed");
  assert.deepEqual(rest, { ...key, apps: [{ name: "vpn", before: ["v1"], after: ["v2"] }] });
});

test("what a change means is told for each group; what is nothing or all told is left out", () => {
  const step = { kind: "unpack", app: "vpn", packet: A } as const;
  const group = { devices: 2, ids: ["a", "b"], steps: [step], bytes: 7, problem: null };
  const problem = { code: "NO_PACKET_FULFILS", message: "none", hint: "upload" };
  const impact = { devices: 3, connected: 1, unsatisfiable: 0, groups: [group], more: 0, warnings: [] };
  const documents = [{ kind: "spec" as const, id: "s", action: "created" as const }];
  const applied: Applied = { revision: 4, documents, unchanged: 1, impact, packets: { [A]: ["v1"] } };
  const told = { documents, unchanged: 1, devices: 3, connected: 1 };
  const shown = { devices: 2, ids: ["a", "b"], bytes: 7, steps: ["unpack vpn [v1]"] };
  assert.deepEqual(appliedView(applied, false), { revision: 4, ...told, groups: [shown] });
  assert.deepEqual(appliedView(applied, true), {
    dryRun: true,
    currentRevision: 4,
    ...told,
    groups: [shown],
  });
  const stopped = { ...group, devices: 3, steps: [], bytes: null, problem };
  const worse = { ...impact, unsatisfiable: 3, groups: [stopped], more: 5 };
  assert.deepEqual(appliedView({ ...applied, impact: worse }, false), {
    revision: 4,
    ...told,
    unsatisfiable: 3,
    groups: [{ devices: 3, ids: ["a", "b", "…"], problem: "none", hint: "upload" }],
    moreGroups: 5,
  });
});

test("how a change spreads is a line of its own where it differs", () => {
  const key = { kind: "spec", id: "s" } as const;
  const planned = { ...vpn("v1"), rollout: { waves: ["tag:canary", "10%"], bakeMs: 60_000 } };
  const change = { ...key, before: vpn("v1"), after: planned };
  assert.deepEqual(differenceTable([change]).rows, [
    ["spec", "s", "rollout", "-", "waves=tag:canary,10% bake=1m"],
  ]);
  const rollout = { before: null, after: { waves: ["tag:canary", "10%"], bake: "1m" } };
  assert.deepEqual(differenceView(change), { ...key, change: "changed", rollout, apps: [] });
  const defaults = { ...change, before: planned, after: { ...vpn("v1"), rollout: {} } };
  assert.deepEqual(differenceTable([defaults]).rows[0]?.at(-1), "as by default");
});
