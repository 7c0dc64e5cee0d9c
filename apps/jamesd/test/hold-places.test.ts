import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HoldPlaces } from "../src/fleet/hold-places.ts";

const NEVER = Number.NEGATIVE_INFINITY;

/** Places, and who has lost one. */
function places(most: number) {
  const displaced: string[] = [];
  return { all: new HoldPlaces(most, (id) => displaced.push(id)), displaced };
}

describe("places for held check-ins", () => {
  test("who comes first has one, and keeps it as long as it comes back in time", () => {
    const { all } = places(2);
    assert.deepEqual(
      ["a", "b", "c"].map((id) => all.take(id, NEVER, 0)),
      [true, true, false],
    );
    all.leave("a", 300_000);
    assert.equal(all.held, 1);
    assert.deepEqual([all.take("c", NEVER, 301_000), all.take("a", NEVER, 302_000)], [false, true]);
    all.leave("a", 600_000);
    assert.deepEqual([all.take("c", NEVER, 660_000), all.take("a", NEVER, 660_000)], [true, false]);
    all.forget("b");
    assert.deepEqual([all.take("a", NEVER, 660_000), all.held], [true, 2]);
  });

  test("one that has changed takes the place that was had, or changed, longest ago", () => {
    const { all, displaced } = places(2);
    all.take("a", NEVER, 10);
    all.take("b", NEVER, 20);
    assert.equal(all.take("c", 5, 30), false, "it changed before the others came");
    all.leave("a", 30);
    assert.equal(all.take("a", 25, 31), true);
    assert.equal(all.take("c", 40, 41), true);
    assert.deepEqual(displaced, ["b"]);
    assert.equal(all.take("b", NEVER, 42), false);
    assert.deepEqual([all.has("a"), all.has("b"), all.has("c")], [true, false, true]);
  });

  test("never more than there may be; nobody who is held loses its place but to who has changed since", () => {
    const device = fc.integer({ min: 0, max: 9 }).map(String);
    const event = fc.record({
      device,
      what: fc.constantFrom("take", "leave", "change", "forget"),
      ms: fc.integer({ min: 1, max: 40_000 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.array(event, { maxLength: 60 }), (most, events) => {
        const { all, displaced } = places(most);
        const held = new Map<string, number>();
        const changed = new Map<string, number>();
        let now = 0;
        for (const { device, what, ms } of events) {
          now += ms;
          const change = changed.get(device) ?? NEVER;
          if (what === "change") changed.set(device, now);
          else if (what === "leave") all.leave(device, now);
          else if (what === "forget") all.forget(device);
          else if (all.take(device, change, now)) held.set(device, Math.max(held.get(device) ?? now, change));
          else assert.equal(held.has(device), false);
          if (what === "leave" || what === "forget") held.delete(device);
          for (const id of displaced.splice(0)) {
            const since = held.get(id);
            assert.ok(since === undefined || since < change, "it has had its place for longer");
            held.delete(id);
          }
          assert.ok(all.held <= most);
          for (const id of held.keys()) assert.ok(all.has(id));
        }
      }),
    );
  });
});
