import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { resolvable } from "../src/fleet/device.ts";
import { Devices } from "../src/fleet/devices.ts";
import { Documents } from "../src/fleet/documents.ts";
import type { Resolving } from "../src/fleet/loaded-device.ts";
import { PathChecks } from "../src/fleet/path-checks.ts";
import { Resolver } from "../src/fleet/resolver.ts";
import type { TagSet } from "../src/fleet/tag-sets.ts";
import { PacketCache } from "../src/packets/packet-cache.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";
import { deviceOf } from "./repository/repository.contract.ts";

/** Finds that nobody wants anything. */
const NOTHING = new Resolver(
  Documents.of([], []),
  () => [],
  new PathChecks(new PacketCache({ get: async () => undefined })),
);

/** Devices, and what reports tags of one of them. */
function scene(resolving: Resolving = { current: NOTHING }) {
  const devices = new Devices(resolving);
  const report = (id: string, systemtags: readonly string[], device = devices.of(id)): TagSet => {
    const record = deviceOf(id);
    devices.setRecord(device, { ...record, state: { ...record.state, systemtags } });
    return device.tagSet;
  };
  return { devices, report };
}

test("devices with the same tags share one object, whoever comes and goes", () => {
  const { devices, report } = scene();
  const first = report("a", ["x", "y"]);
  assert.equal(report("b", ["x", "y"]), first);
  report("a", ["z"]);
  assert.equal(report("c", ["x", "y"]), first);
  devices.remove("b");
  assert.equal(report("a", ["x", "y"]), first);
  assert.equal(report("a", ["x", "y"]), first);
  devices.remove("c");
  assert.equal(report("d", ["x", "y"]), first);
});

test("tags that no device has any more are forgotten", () => {
  const { devices, report } = scene();
  const first = report("a", ["x", "y"]);
  report("b", ["x", "y"]);
  report("a", ["z"]);
  report("b", ["z"]);
  const second = report("a", ["x", "y"]);
  assert.notEqual(second, first);
  assert.deepEqual(second.tags, ["x", "y"]);
  devices.remove("a");
  assert.notEqual(report("c", ["x", "y"]), second);
});

test("a device without tags yet holds its empty list too, until it reports", () => {
  const { devices, report } = scene();
  const none = devices.of("a").tagSet;
  assert.equal(devices.of("b").tagSet, none);
  report("a", ["x"]);
  assert.equal(devices.of("c").tagSet, none);
  for (const id of ["b", "c"]) report(id, ["x"]);
  assert.notEqual(devices.of("d").tagSet, none);
});

test("a device that was removed while its report was on the way holds nothing, and takes nothing from others", () => {
  const { devices, report } = scene();
  const gone = devices.of("a");
  const shared = report("a", ["x"]);
  report("b", ["x"]);
  devices.remove("a");
  devices.remove("a");
  const late = report("a", ["late"], gone);
  report("a", ["later"], gone);
  assert.equal(report("c", ["x"]), shared);
  assert.notEqual(report("d", ["late"]), late);
});

test("what a resolver found for tags goes with them", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { devices, report } = scene();
  const repository = await openSqliteRepository(":memory:");
  const paths = new PathChecks(new PacketCache(repository.packets));
  const resolver = new Resolver(Documents.of([], []), () => [], paths);
  const held = () => {
    const tagSet = report("a", ["x"]);
    resolver.target(resolvable(devices.of("a")));
    return new WeakRef(tagSet);
  };
  const tagSet = held();
  report("a", ["y"]);
  // Within this turn the reference itself holds it.
  await turn();
  collect();
  await repository.close();
  assert.equal(tagSet.deref(), undefined);
});
