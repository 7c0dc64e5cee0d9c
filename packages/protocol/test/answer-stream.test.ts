import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { AnswerStream } from "../src/answer-stream.ts";
import { OwnPieces } from "../src/pieces.ts";

/** A stream, and what it wants of its connection. */
function scene() {
  const wants: string[] = [];
  const pieces = new OwnPieces();
  const stream = new AnswerStream({ statusCode: 200, headers: {} }, pieces, {
    await: (isAwaited) => wants.push(isAwaited ? "waits" : "has it"),
    resume: () => wants.push("resume"),
    leave: () => wants.push("leave"),
  });
  return { stream, pieces, wants, next: stream[Symbol.asyncIterator]() };
}

test("a server is held to its time only while somebody waits for bytes", async () => {
  const { stream, wants, next } = scene();
  const first = next.next();
  await setImmediate();
  assert.deepEqual(wants, ["waits"]);
  stream.add(Buffer.from("a"));
  assert.equal(String((await first).value), "a");
  assert.deepEqual(wants, ["waits", "has it"]);
  stream.add(Buffer.from("b"));
  assert.equal(String((await next.next()).value), "b");
  assert.deepEqual(wants, ["waits", "has it"], "nobody waited for what was there");
});

test("how an answer ended first is how it ended, and what came before is given", async () => {
  const whole = scene();
  whole.stream.add(Buffer.from("a"));
  whole.stream.finish();
  whole.stream.fail(new Error("the connection ended, too"));
  assert.equal(String((await whole.next.next()).value), "a");
  assert.equal((await whole.next.next()).done, true);
  const cut = scene();
  cut.stream.fail(new Error("cut"));
  cut.stream.finish();
  await assert.rejects(cut.next.next(), /^Error: cut$/);
  assert.deepEqual([...whole.wants, ...cut.wants], [], "there is no connection to leave");
});

test("what nobody reads any more is not held", () => {
  const { stream, pieces, wants } = scene();
  stream.add(Buffer.alloc(100_000));
  assert.equal(stream.isFull, true);
  stream.destroy();
  assert.deepEqual([pieces.hasPiece, stream.isFull, wants], [false, false, ["leave"]]);
});
