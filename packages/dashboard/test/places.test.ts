import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pathOf, placeOf } from "../src/logic/places.ts";

test("each path leads to one place, and what leads nowhere says so", () => {
  assert.deepEqual(placeOf("/"), { page: "overview" });
  assert.deepEqual(placeOf("/devices"), { page: "devices" });
  assert.deepEqual(placeOf("/devices/"), { page: "devices" });
  assert.deepEqual(placeOf("/rollouts"), { page: "rollouts" });
  assert.deepEqual(placeOf("/rollouts/42"), { page: "rollout", id: "42" });
  for (const path of ["/nothing", "/history/1", "/devices/a/b", "/devices/%", "/constructor/a", "/toString"])
    assert.deepEqual(placeOf(path), { page: "nowhere" }, path);
});

test("whatever the id of a device, its path leads to it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) =>
      assert.deepEqual(placeOf(pathOf("devices", id)), { page: "device", id }),
    ),
  );
});
