import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "@jamesd/protocol";
import fc from "fast-check";
import { appVersions, linesByName, versionLines } from "../src/logic/versions.ts";

const ORIGIN = { author: "d", address: "10.0.0.1" };
const app = (name: string, version: string) => ({ name, tags: [version], digest: `${name}-${version}` });
type App = ReturnType<typeof app>;

/** A log of a fleet, and what its devices have at the end. */
class Fleet {
  readonly events: Event[] = [];
  readonly has = new Map<string, App | null>();
  time = 0;

  change(device: string, after: App | null): void {
    this.time += 1;
    const origin = { ...ORIGIN, sequence: this.time, time: this.time };
    const before = this.has.get(device);
    this.has.set(device, after);
    if (before === undefined) {
      const state = { apps: after ? [after] : [], systemtags: [] } as unknown as never;
      this.events.push({ ...origin, kind: "device-added", device, agent: "a", state });
    } else this.events.push({ ...origin, kind: "device-changed", device, apps: [{ before, after }] });
  }

  remove(device: string): void {
    if (!this.has.delete(device)) return;
    this.time += 1;
    const origin = { ...ORIGIN, sequence: this.time, time: this.time };
    this.events.push({ ...origin, kind: "device-removed", device });
  }

  get packets() {
    const all = [...this.has.values()].filter((one) => one !== null);
    const byDigest = Map.groupBy(all, ({ digest }) => digest);
    return [...byDigest.values()].flatMap(([one, ...more]) =>
      one ? [{ ...one, devices: 1 + more.length }] : [],
    );
  }
}

const lineOf = (fleet: Fleet, name: string, from = 0) => {
  const [found] = appVersions(fleet.packets).filter((one) => one.name === name);
  return versionLines(
    { name, versions: found?.versions ?? [] },
    fleet.events.filter(({ time }) => time > from),
    from,
  );
};

test("versions of each app, the most frequent first", () => {
  const versions = [
    { ...app("b", "v1"), devices: 1 },
    { ...app("a", "v1"), devices: 2 },
    { ...app("b", "v2"), devices: 5 },
    { ...app("b", "v1"), digest: "f".repeat(64), devices: 0 },
  ];
  const [first, second] = appVersions(versions);
  assert.deepEqual([first?.name, second?.name], ["a", "b"]);
  assert.deepEqual(
    second?.versions.map(({ devices }) => devices),
    [5, 1, 0],
  );
});

test("packets of one version for several kinds of devices are one line; what most have is the first", () => {
  const line = (tags: readonly string[], ...devices: readonly number[]) => ({
    tags,
    points: devices.map((count, time) => ({ time, devices: count })),
  });
  const lines = linesByName([line(["v1"], 2, 0), line(["v2"], 0, 1, 2), line(["v2"], 0, 3), line([], 0, 1)]);
  assert.deepEqual(
    lines.map(({ label, points }) => [label, points.map(({ devices }) => devices)]),
    [
      ["v2", [0, 4, 5]],
      ["no tags", [0, 1]],
      ["v1", [2, 0]],
    ],
  );
});

test("what devices had is what they have with the events taken back", () => {
  const fleet = new Fleet();
  fleet.change("one", app("tool", "v1"));
  fleet.change("two", app("tool", "v1"));
  fleet.change("one", app("tool", "v2"));
  fleet.change("two", null);
  assert.deepEqual(
    lineOf(fleet, "tool").map(({ tags, points }) => [tags[0], points.map(({ devices }) => devices)]),
    [
      ["v2", [0, 1]],
      ["v1", [0, 1, 2, 1, 0]],
    ],
  );
  assert.deepEqual(lineOf(fleet, "tool", 2).at(-1)?.points.at(0), { time: 2, devices: 2 });
});

const act = fc.record({
  device: fc.constantFrom("a", "b", "c", "d"),
  does: fc.constantFrom("v1", "v2", "v3", "nothing", "is removed"),
});

test("at each time each version has as many devices as had it, of those that there are at the end", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const fleet = new Fleet();
      const past: (readonly [string, App | null | undefined])[][] = [];
      for (const { device, does } of acts) {
        if (does === "is removed") fleet.remove(device);
        else fleet.change(device, does === "nothing" ? null : app("tool", does));
        past[fleet.time] = [...fleet.has];
      }
      const lines = lineOf(fleet, "tool");
      const born = new Map(
        fleet.events
          .filter(({ kind }) => kind === "device-added")
          .map((one) => ["device" in one ? one.device : "", one.time]),
      );
      for (const [time, then] of past.entries()) {
        const staying = (then ?? []).filter(([id]) => fleet.has.has(id) && (born.get(id) ?? 0) <= time);
        for (const { digest, points } of lines) {
          const had = staying.filter(([, its]) => its?.digest === digest).length;
          assert.equal(points.findLast((point) => point.time <= time)?.devices, had, `${digest} at ${time}`);
        }
      }
    }),
  );
});
