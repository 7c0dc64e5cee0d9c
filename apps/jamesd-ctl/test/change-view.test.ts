import assert from "node:assert/strict";
import { test } from "node:test";
import { packetTexts } from "../src/change-view.ts";

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
