import assert from "node:assert/strict";
import { test } from "node:test";
import type { Affected } from "../../src/desired/affected.ts";
import { packetPairs } from "../../src/desired/packet-pairs.ts";

/** Devices that have one packet of each name and should have another, by name. */
function group(has: Record<string, string>, wants: Record<string, string>, ids: readonly string[]): Affected {
  const apps = (of: Record<string, string>) => Object.entries(of).map(([name, digest]) => ({ name, digest }));
  const device = { record: { state: { apps: apps(has) } } };
  return { device, after: { apps: apps(wants) }, devices: ids.length, ids } as unknown as Affected;
}

test("the packets that follow others are counted over all devices, those for most first", () => {
  const affected = [
    group({ vpn: "v1", web: "w1" }, { vpn: "v2", web: "w1" }, ["a"]),
    group({ vpn: "v0", web: "w0" }, { vpn: "v2", web: "w1" }, ["b", "c"]),
    group({ vpn: "v1" }, { vpn: "v2", new: "n1" }, ["d", "e"]),
    group({ vpn: "v1" }, {}, ["f"]),
  ];
  assert.deepEqual(packetPairs(affected), [
    { base: "v1", target: "v2", devices: 3, ids: ["a", "d", "e"] },
    { base: "v0", target: "v2", devices: 2, ids: ["b", "c"] },
    { base: "w0", target: "w1", devices: 2, ids: ["b", "c"] },
  ]);
});

test("a device that should have nothing more has no packet that follows", () => {
  const gone = { ...group({ vpn: "v1" }, {}, ["a"]), after: undefined };
  assert.deepEqual(packetPairs([gone]), []);
});
