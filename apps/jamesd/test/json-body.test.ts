import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { gather } from "../src/http/json-body.ts";

/** What becomes of a body of these bytes, which come one at a time, all in one buffer: of pieces that were kept only the last would be seen. */
function gathered(bytes: string, most: number, failure?: Error): Error | string {
  const payload = Object.assign(new EventEmitter(), { headers: {} });
  const results: (Error | string)[] = [];
  gather(payload as unknown as IncomingMessage, most, (error, text) =>
    results.push(error ?? text.toString()),
  );
  const piece = Buffer.alloc(1);
  for (const byte of Buffer.from(bytes)) {
    piece[0] = byte;
    payload.emit("data", piece);
  }
  if (failure) payload.emit("error", failure);
  else payload.emit("end");
  assert.deepEqual(payload.eventNames(), [], "nothing waits any more");
  const [result, ...more] = results;
  assert.deepEqual(more, []);
  assert.ok(result !== undefined);
  return result;
}

const TEXT = '{"message":"größer als ein Stück"}';
const LENGTH = Buffer.byteLength(TEXT);

test("pieces of a body are not kept: each takes five hundred times the byte in it", () => {
  assert.equal(gathered(TEXT, LENGTH), TEXT);
  assert.equal(gathered("", 0), "");
});

test("of a body that is too long, or breaks off, nothing is given, and it is told once", () => {
  assert.match(String(gathered(TEXT, LENGTH - 1)), /longer than/);
  assert.match(String(gathered(TEXT, LENGTH, new Error("broken off"))), /broken off/);
});
