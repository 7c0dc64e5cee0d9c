import assert from "node:assert/strict";
import { test } from "node:test";
import { makePacket, type Packet, sha256 } from "@jamesd/model";
import fc from "fast-check";
import { LookAhead } from "../src/desired/look-ahead.ts";
import { FleetCensus } from "../src/fleet/fleet-census.ts";
import { parseFilter } from "../src/http/device-query.ts";
import { ORIGIN, rolledBack, Scene } from "./scene.ts";

const IDS = ["a", "b", "c", "d", "e"];
const PACKETS: readonly Packet[] = ["v1", "v2", "arm"].map((tag) => {
  const digest = sha256(tag);
  const file = { type: "file" as const, path: "opt/vpn", mode: 0o644, uid: 0, gid: 0, size: 1, digest };
  return makePacket({ name: "vpn", tags: [tag], scripts: {}, manifest: [file] });
});
const APPS = PACKETS.map(({ name, tags, digest }) => ({ name, tags, digest }));
const STATUSES = ["in-sync", "pending", "failed", "unsatisfiable", "halted", "unmanaged"];

const id = fc.constantFrom(...IDS);
const apps = fc
  .subarray([["v1"], ["v2"], ["none"], []], { maxLength: 1 })
  .map((some) => some.map((tags) => ({ name: "vpn", tags })));
const op = fc.oneof(
  fc.record({
    op: fc.constant("report" as const),
    id,
    tags: fc.subarray(["arm", "lab"]),
    app: fc.option(fc.constantFrom(...APPS), { nil: undefined }),
    outcome: fc.constantFrom(
      undefined,
      undefined,
      "committed" as const,
      "rolled-back" as const,
      "stuck" as const,
    ),
    drifted: fc.constantFrom(undefined, 0, 3),
    isLost: fc.boolean(),
  }),
  fc.record({ op: fc.constant("own" as const), id, apps: fc.option(apps) }),
  fc.record({
    op: fc.constant("spec" as const),
    id: fc.constantFrom("s", "t"),
    apps: fc.option(apps),
    selector: fc.subarray(["arm", "not:lab", "not:id:b"]),
  }),
  fc.record({ op: fc.constant("retry" as const), id }),
  fc.record({ op: fc.constant("remove" as const), id }),
);
type Op = typeof op extends fc.Arbitrary<infer O> ? O : never;

async function take(scene: Scene, one: Op): Promise<void> {
  const { desired, fleet } = scene;
  const base = { remove: [], documents: [], prune: false, dryRun: false, message: "" };
  if (one.op === "retry") await fleet.commands.retry(one.id, ORIGIN);
  else if (one.op === "remove") await desired.removeDevice(one.id, true, ORIGIN);
  else if (one.op === "report") {
    const { app, outcome, isLost, drifted } = one;
    const drift =
      drifted === undefined
        ? undefined
        : { count: drifted, repairable: 0, apps: [], paths: [], checked: 1, full: null };
    if (isLost) scene.followed = undefined;
    const transaction = outcome && {
      ...rolledBack(fleet.devices.entered(one.id)?.target?.digest ?? ""),
      outcome,
    };
    await scene.report(one.id, app ? [app] : [], transaction, one.tags);
    if (drift)
      await fleet.checkIns.answer(
        { ...ORIGIN, author: one.id },
        { digest: fleet.devices.entered(one.id)?.stateDigest ?? "", drift },
        { waitMs: 0, connection: 1, spendNews: () => undefined, signal: new AbortController().signal },
      );
  } else {
    const key =
      one.op === "own" ? ({ kind: "device", id: one.id } as const) : ({ kind: "spec", id: one.id } as const);
    const selector = one.op === "spec" ? one.selector : undefined;
    const change = one.apps
      ? { documents: [{ ...key, selector, apps: one.apps, policy: {} }] }
      : { remove: [key] };
    await desired.apply({ ...base, ...change }, ORIGIN);
  }
}

const REPORT = {
  ...{
    op: "report" as const,
    tags: [],
    app: undefined,
    outcome: undefined,
    drifted: undefined,
    isLost: false,
  },
};
const EMPTY = { op: "spec" as const, id: "s" as const, selector: [] };
/** A device that had what was wanted, of which nothing is wanted any more, and one that never did. */
const NOTHING_WANTED: Op[] = [
  { ...EMPTY, apps: [] },
  { ...REPORT, id: "a" },
  { ...EMPTY, apps: null },
  { ...REPORT, id: "b" },
];

/** A device whose own desired state is gone: that it went is the newest of what it should have. */
const OWN_GONE: Op[] = [
  { op: "own", id: "c", apps: [] },
  { ...REPORT, id: "c" },
  { op: "own", id: "c", apps: null },
];

/** A device that no spec chooses any more since it has other tags: what it should have has no smaller number than before. */
const LEFT_BY_SPEC: Op[] = [
  { ...REPORT, id: "a" },
  { ...EMPTY, selector: ["not:lab"], apps: [] },
  { ...REPORT, id: "a" },
  { ...REPORT, id: "a", tags: ["lab"] },
];

/** All that is said of the fleet as a whole. */
async function said(scene: Scene): Promise<unknown> {
  const { fleet, desired } = scene;
  const pages: Record<string, readonly string[]> = {};
  for (const query of [
    ...STATUSES.map((sync) => ({ sync })),
    { tags: "arm" },
    { app: "vpn:v1" },
    { drifted: "true" },
  ])
    pages[JSON.stringify(query)] = (await fleet.list.page(parseFilter(query as never))).map((one) => one.id);
  const dryRun = (documents: readonly object[]) =>
    desired
      .apply({ documents: documents as never, remove: [], prune: false, dryRun: true, message: "" }, ORIGIN)
      .catch(({ code, message }: { code: string; message: string }) => ({ code, message }));
  const spec = (selector: readonly string[], tag: string) => ({
    ...{ kind: "spec", id: "s", selector, policy: {} },
    apps: [{ name: "vpn", tags: [tag] }],
  });
  const lookAhead = new LookAhead(fleet);
  const { devices, sync, drifted, tags, packets } = await new FleetCensus({
    ...fleet,
    now: () => scene.now,
  }).counts();
  const needing: string[][] = [];
  for (const { digest } of PACKETS) {
    using found = await fleet.needs.needing(digest);
    needing.push([...found.ids]);
  }
  return {
    columns: await columnsOf(scene),
    ...{ pages, devices, sync, drifted, tags, packets, needing },
    having: await fleet.list.having(new Set(PACKETS.map(({ digest }) => digest))),
    unneeded: (await fleet.needs.unneeded([...scene.catalogue.newestFirst()])).map(({ digest }) => digest),
    impacts: [
      await dryRun([spec([], "v1")]),
      await dryRun([spec(["arm"], "v2"), { kind: "device", id: "b", apps: [], policy: {} }]),
      await dryRun([spec(["not:id:a"], "none")]),
    ],
    removals: await Promise.all(PACKETS.map(({ digest }) => lookAhead.removal(digest))),
    addition: await lookAhead.addition("vpn", []),
  };
}

/** What columns say of each device, the places in lists read; in pages of two. */
async function columnsOf({ fleet }: Scene): Promise<unknown> {
  const said: unknown[] = [];
  for (let after = "", isMore = true; isMore; ) {
    const { ids, revision, state, tags, apps, ...shared } = await fleet.list.columns(after, 2);
    for (const [i, id] of ids.entries()) {
      said.push({
        ...{ id, revision: revision[i] },
        ...shared.states[state[i] ?? -1],
        tags: shared.tagLists[tags[i] ?? -1],
        apps: shared.appLists[apps[i] ?? -1],
      });
      after = id;
    }
    isMore = shared.more;
  }
  return said;
}

/** Does something while these devices are in memory. */
async function workOn(
  scene: Scene,
  [id, ...others]: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  if (id === undefined) return work();
  await scene.fleet.devices.work(id, () => workOn(scene, others, work));
}

/** The devices that need each packet, by all that is known of each device. */
async function needing(scene: Scene): Promise<readonly (readonly string[])[]> {
  const devices = await scene.fleet.devices.getAll(IDS);
  return PACKETS.map(({ digest }) =>
    devices
      .filter(({ target, record }) =>
        [target?.apps ?? [], record.state.apps].some((list) => list.some((app) => app.digest === digest)),
      )
      .map((device) => device.id),
  );
}

test("law: of devices that are not in memory the same is said as of those that are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 4, maxLength: 14 }), async (ops) => {
      await using scene = await Scene.open();
      for (const packet of PACKETS) await scene.repository.packets.add(packet, ORIGIN);
      await scene.fleet.follower.follow();
      for (const one of ops)
        await take(scene, one).catch((thrown: { code?: string }) => {
          if (thrown.code === undefined) throw thrown;
        });
      await scene.restart();
      const away = await said(scene);
      assert.deepEqual((away as { needing: unknown }).needing, await needing(scene));
      const pages = (await scene.fleet.list.page(parseFilter({}))).map(({ id, sync }) => [id, sync]);
      for (const sync of STATUSES)
        assert.deepEqual(
          (away as { pages: Record<string, unknown> }).pages[JSON.stringify({ sync })],
          pages.filter(([, is]) => is === sync).map(([one]) => one),
          sync,
        );
      const entering = IDS.filter((one) => scene.fleet.devices.isKnown(one));
      await workOn(scene, entering, async () => assert.deepEqual(await said(scene), away));
    }),
    { numRuns: 30, examples: [[NOTHING_WANTED], [OWN_GONE], [LEFT_BY_SPEC]] },
  );
});
