import assert from "node:assert/strict";
import { test } from "node:test";
import { WIRE } from "../src/operator-wire.ts";
import { textsOfWire, wireOfTexts } from "../src/wire-texts.ts";

test("a wire that was text is what it was, each shape made once", () => {
  const read = wireOfTexts(JSON.parse(JSON.stringify(textsOfWire(WIRE))) as ReturnType<typeof textsOfWire>);
  assert.deepEqual(plain(read), plain(WIRE));
  assert.equal(read.routes.getDevice?.reply, read.routes.getDevice?.reply);
  assert.equal(read.routes.ping?.reply, undefined);
  assert.equal(read.error, read.error);
});

/** As data: what is left out and what is undefined are the same. */
function plain(wire: object): unknown {
  return JSON.parse(JSON.stringify(wire));
}
