import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY_HELP, pressed } from "../src/logic/keys.ts";
import { placeOf } from "../src/logic/places.ts";

test("each key that the help names does something, and no other", () => {
  const named = KEY_HELP.flatMap(([keys]) => (keys.startsWith("g ") ? [] : keys.split("  "))).filter(
    (key) => key !== "Esc",
  );
  for (const key of named) assert.ok(pressed(key, false).action, key);
  for (const key of ["a", "J", "Esc", "constructor", "__proto__"])
    assert.deepEqual(pressed(key, false), { action: undefined, isPrefix: false }, key);
});

test("g waits for one more key, which leads to a page that there is", () => {
  assert.deepEqual(pressed("g", false), { action: undefined, isPrefix: true });
  const seconds = KEY_HELP.flatMap(([keys]) => (keys.startsWith("g ") ? [keys.slice(2)] : []));
  assert.equal(seconds.length, 6);
  for (const key of seconds) {
    const { action, isPrefix } = pressed(key, true);
    assert.ok(action?.does === "go" && placeOf(action.to).page !== "nowhere", key);
    assert.equal(isPrefix, false);
  }
  for (const key of ["j", "g", "constructor"])
    assert.deepEqual(pressed(key, true), { action: undefined, isPrefix: false }, key);
});
