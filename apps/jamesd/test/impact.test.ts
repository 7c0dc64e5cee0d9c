import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, type InstalledApp, sha256, type Tag } from "@jamesd/model";
import fc from "fast-check";
import type { Applied, GivenDocument } from "../src/desired/change.ts";
import type { PacketImpact } from "../src/desired/look-ahead.ts";
import { LookAhead } from "../src/desired/look-ahead.ts";
import { LONG, ORIGIN, Scene, V1, V2 } from "./scene.ts";

/** So many devices of a group are named at the most. */
const SOME = 10;

const systemtags = fc.subarray(["arm", "big"]);

function spec(id: string, selector: string[], apps: readonly App[]): GivenDocument {
  return { kind: "spec", id, selector, apps: apps.map(mutable), policy: {} };
}

function own(id: string, apps: readonly App[]): GivenDocument {
  return { kind: "device", id, apps: apps.map(mutable), policy: {} };
}

function mutable({ name, tags }: App) {
  return { name, tags: [...tags] };
}

function apply(scene: Scene, documents: readonly GivenDocument[], dryRun = false): Promise<Applied> {
  return scene.desired.apply({ documents, remove: [], prune: false, dryRun, message: "" }, ORIGIN);
}

interface Reported {
  readonly tags: readonly Tag[];
  readonly apps: readonly InstalledApp[];
  readonly isConnected: boolean;
}

/** Has d00, d01, … check in, and lets time pass for those that are not connected. */
async function report(scene: Scene, devices: readonly Reported[]): Promise<readonly string[]> {
  const ids = devices.map((_, i) => `d${String(i).padStart(2, "0")}`);
  for (const isConnected of [false, true]) {
    for (const [i, one] of devices.entries())
      if (one.isConnected === isConnected) await scene.bring(ids[i] ?? "", one.apps, one.tags);
    if (!isConnected) scene.now += LONG;
  }
  return ids;
}

test("law: what a change is said to mean is what its devices plan when it is made", async () => {
  const device = fc.record({
    tags: systemtags,
    has: fc.subarray(["web", "gone"]),
    isConnected: fc.boolean(),
  });
  const wanted = fc.subarray(["armed", "huge"]);
  await fc.assert(
    fc.asyncProperty(fc.array(device, { minLength: 1, maxLength: 25 }), wanted, async (devices, names) => {
      const lacks = (tags: readonly Tag[]): string =>
        names.filter((name) => !tags.includes(name === "armed" ? "arm" : "big")).join();
      for (const tag of ["arm", "big"])
        fc.pre(devices.some(({ tags }) => tags.some((one) => one === tag)) || names.length === 0);
      await using scene = await Scene.open();
      await scene.upload("vpn", ["v1"]);
      await scene.upload("armed", ["arm"]);
      await scene.upload("huge", ["big"]);
      const web = await scene.upload("web", []);
      const digests = new Map([
        ["web", web.digest],
        ["gone", sha256("gone")],
      ]);
      const ids = await report(
        scene,
        devices.map(({ has, ...one }) => ({
          ...one,
          apps: has.map((name) => ({ name, tags: [], digest: digests.get(name) ?? "" })),
        })),
      );
      const all = spec("all", [], [V1, ...names.map((name) => ({ name, tags: [] }))]);
      const { impact } = await apply(scene, [all, spec("bigs", ["big"], [{ name: "web", tags: [] }])]);
      assert.equal(impact.devices, ids.length);
      assert.equal(impact.connected, devices.filter(({ isConnected }) => isConnected).length);
      assert.equal(impact.unsatisfiable, devices.filter(({ tags }) => lacks(tags) !== "").length);

      const lookAhead = new LookAhead(scene.fleet);
      const expected = new Map<string, { steps: readonly object[]; lacking: string; ids: string[] }>();
      for (const [i, id] of ids.entries()) {
        const { steps } = await lookAhead.plan(id);
        const lacking = lacks(devices[i]?.tags ?? []);
        const key = lacking || JSON.stringify(steps);
        const group = expected.get(key) ?? { steps, lacking, ids: [] };
        group.ids.push(id);
        expected.set(key, group);
      }
      assert.equal(impact.groups.length, expected.size);
      assert.equal(impact.more, 0);
      for (const [i, { devices: count, ids: some, steps, bytes, problem }] of impact.groups.entries()) {
        const group = [...expected.values()].find((one) => one.ids.includes(some[0] ?? ""));
        assert.ok(group);
        assert.ok(some.every((id) => group.ids.includes(id)));
        assert.deepEqual([count, some.length], [group.ids.length, Math.min(count, SOME)]);
        assert.deepEqual(steps, group.steps);
        assert.equal(problem?.code, group.lacking ? "NO_PACKET_FULFILS" : undefined);
        // Every file has one byte.
        const unpacks = steps.filter(({ kind }) => kind === "unpack").length;
        assert.equal(bytes, group.lacking ? null : unpacks);
        const next = impact.groups[i + 1];
        if (problem && next?.problem) assert.ok(count >= next.devices);
        if (!problem && next) assert.ok(!next.problem && count >= next.devices);
      }
    }),
    { numRuns: 25 },
  );
});

test("of very many devices that do the same some are named, also of those that have something else", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  const web = await scene.upload("web", []);
  const apps = [{ name: "web", tags: [], digest: web.digest }];
  const without = Array.from({ length: 12 }, () => ({ tags: [], apps: [], isConnected: true }));
  await report(scene, [...without, ...without.map((one) => ({ ...one, tags: ["big"], apps }))]);
  const documents = [spec("all", [], [V1]), spec("bigs", ["big"], [{ name: "web", tags: [] }])];
  const [group, ...others] = (await apply(scene, documents)).impact.groups;
  assert.deepEqual([group?.devices, group?.ids.length, others.length], [24, SOME, 0]);
  const lookAhead = new LookAhead(scene.fleet);
  const { devices, ids } = await lookAhead.addition("vpn", ["v1", "big"]);
  assert.deepEqual([devices, ids.length], [12, SOME]);
});

test("devices that cannot have different things are different groups, though they get the same packets", async () => {
  await using scene = await Scene.open();
  for (const version of ["v1", "v2"]) await scene.upload("vpn", [version, "pi"]);
  const tags = [["arm"], ["arm", "pi"], ["big"], ["big", "pi"]];
  const ids = await report(
    scene,
    tags.map((one) => ({ tags: one, apps: [], isConnected: true })),
  );
  const { impact } = await apply(scene, [spec("arms", ["arm"], [V1]), spec("bigs", ["big"], [V2])]);
  assert.deepEqual(
    impact.groups.map((group) => [...group.ids, group.problem?.code]),
    [
      [ids[0], "NO_PACKET_FULFILS"],
      [ids[2], "NO_PACKET_FULFILS"],
      [ids[1], undefined],
      [ids[3], undefined],
    ],
  );
});

test("nothing is planned, and so nothing known to fetch, for a device that nobody wants anything for", async () => {
  await using scene = await Scene.open();
  await scene.report("d");
  const plan = await new LookAhead(scene.fleet).plan("d");
  assert.deepEqual(plan, {
    id: "d",
    sync: "unmanaged",
    revision: null,
    steps: [],
    bytes: null,
    problem: null,
    later: [],
  });
});

test("a device that keeps its packets is told of when it cannot have what is new, and only then", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.upload("armed", ["arm"]);
  await report(
    scene,
    [["arm"], ["big"]].map((tags) => ({ tags, apps: [], isConnected: true })),
  );
  const armed = { name: "armed", tags: [] };
  await apply(scene, [spec("all", [], [V1])]);
  const { impact } = await apply(scene, [spec("all", [], [V1, armed])]);
  assert.deepEqual([impact.devices, impact.unsatisfiable], [2, 1]);
  const again = await apply(scene, [spec("bigs", ["big"], [V1])]);
  assert.deepEqual([again.impact.devices, again.impact.unsatisfiable], [0, 0]);
});

test("of very many groups the first are told, and how many are left out", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  const old = (i: number) => [{ name: `old-${i}`, tags: [], digest: sha256(String(i)) }];
  await report(
    scene,
    Array.from({ length: 102 }, (_, i) => ({ tags: [], apps: old(i), isConnected: true })),
  );
  const { impact } = await apply(scene, [spec("all", [], [V1])], true);
  assert.deepEqual([impact.devices, impact.groups.length, impact.more], [102, 100, 2]);
});

test("law: what a packet more or less is said to mean is what changes when it comes or goes", async () => {
  const device = fc.record({
    tags: systemtags,
    wish: fc.option(fc.subarray(["v1", "v2"]), { nil: undefined }),
    isConnected: fc.boolean(),
  });
  const packetTags = fc.subarray(["v1", "v2", "arm"]);
  const scenes = fc.record({
    devices: fc.array(device, { maxLength: 16 }),
    packets: fc.uniqueArray(packetTags, { minLength: 1, maxLength: 4, selector: (tags) => tags.join() }),
    added: packetTags,
  });
  await fc.assert(
    fc.asyncProperty(scenes, async ({ devices, packets, added }) => {
      await using scene = await Scene.open();
      // Made when no device is there: those that have both tags then contradict each other.
      await apply(scene, [spec("arms", ["arm"], [V1]), spec("bigs", ["big"], [V2])]);
      const uploaded = [];
      for (const tags of packets) uploaded.push(await scene.upload("vpn", tags));
      const ids = await report(
        scene,
        devices.map((one) => ({ ...one, apps: [] })),
      );
      for (const [i, { wish }] of devices.entries())
        if (wish) await apply(scene, [own(ids[i] ?? "", [{ name: "vpn", tags: wish }])]).catch(impossible);
      const has = async () =>
        new Map(
          await Promise.all(
            ids.map(
              async (id) =>
                [id, (await scene.fleet.list.get(id)).effective?.apps[0]?.digest ?? null] as const,
            ),
          ),
        );
      const follow = async (told: PacketImpact, change: () => Promise<unknown>) => {
        const before = await has();
        await change();
        const after = await has();
        const changed = ids.filter((id) => before.get(id) !== after.get(id));
        const { ids: some, ...counts } = told;
        assert.deepEqual(counts, {
          devices: changed.length,
          connected: changed.filter((id) => devices[ids.indexOf(id)]?.isConnected).length,
          unsatisfiable: changed.filter((id) => after.get(id) === null).length,
        });
        assert.equal(some.length, Math.min(changed.length, SOME));
        assert.ok(some.every((id) => changed.includes(id)));
      };
      const lookAhead = new LookAhead(scene.fleet);
      const isThere = packets.some((tags) => tags.join() === added.join());
      await follow(await lookAhead.addition("vpn", added), async () => {
        if (!isThere) await scene.upload("vpn", added);
      });
      for (const packet of uploaded)
        await follow(await lookAhead.removal(packet.digest), () => scene.remove(packet));
    }),
    { numRuns: 40 },
  );
});

function impossible(thrown: { code?: string }): void {
  if (thrown.code !== "NO_PACKET_FULFILS") throw thrown;
}

test("what was impossible before is no reason to refuse a change; another contradiction is", async () => {
  await using scene = await Scene.open();
  await scene.upload("vpn", ["v1"]);
  await scene.upload("vpn", ["v2"]);
  await scene.upload("tool", ["t1"]);
  const lost = [await scene.upload("lost", []), await scene.upload("gone", [])];
  const [tool, any] = [
    { name: "tool", tags: ["t1"] },
    { name: "tool", tags: [] },
  ];
  await apply(scene, [spec("arms", ["arm"], [V1, tool]), spec("bigs", ["big"], [V2])]);
  await scene.report("both", [], undefined, ["arm", "big"]);
  await apply(scene, [spec("bigs", ["big"], [V2, tool])]);
  const other = apply(scene, [spec("bigs", ["big"], [V2, any])]);
  await assert.rejects(other, { code: "SPEC_CONFLICT", message: /arms and bigs want tool/ });

  await scene.report("d", [], undefined, ["x86"]);
  await apply(scene, [
    own("d", [{ name: "lost", tags: [] }]),
    spec("old", ["x86"], [{ name: "gone", tags: [] }]),
  ]);
  for (const packet of lost) await scene.remove(packet);
  const { impact } = await apply(scene, [spec("x", ["x86"], [tool])]);
  assert.deepEqual([impact.devices, impact.unsatisfiable], [1, 1]);
});

test("packets that own the same path already are no reason to refuse that another device gets them", async () => {
  await using scene = await Scene.open();
  await scene.upload("a", [], "opt/x");
  await scene.upload("b", [], "opt/y");
  const apps = ["a", "b"].map((name) => ({ name, tags: [] }));
  await scene.report("d1", [], undefined, ["arm"]);
  await scene.report("d2", [], undefined, ["big"]);
  await apply(scene, [spec("s", ["arm"], apps)]);
  for (const tag of ["arm", "big"]) await scene.upload("a", [tag], `opt/${tag}`);
  const b = await scene.upload("b", ["big"], "opt/big");
  await assert.rejects(apply(scene, [spec("s", [], apps)]), { code: "PATH_CONFLICT", message: /on d2$/ });
  await scene.remove(b);
  await scene.report("d1", [], undefined, ["arm", "pi"]);
  await scene.report("d2", [], undefined, ["big", "pi"]);
  for (const name of ["a", "b"]) await scene.upload(name, ["pi"], "opt/pi");
  const { impact } = await apply(scene, [spec("s", [], apps)]);
  assert.deepEqual([impact.devices, impact.unsatisfiable], [1, 1]);
});
