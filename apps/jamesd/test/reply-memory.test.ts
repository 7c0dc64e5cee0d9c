import assert from "node:assert/strict";
import { test } from "node:test";
import { ReplyMemory } from "../src/http/reply-memory.ts";

const BUSY = { code: "SERVER_BUSY" };

test("long answers are bounded in all and per certificate, but one there may always be", () => {
  const memory = new ReplyMemory(100, () => 0.5);
  const giveBack = memory.take("a", 60);
  assert.throws(() => memory.take("a", 1), BUSY, "a has more than its quarter");
  const others = [memory.take("b", 20), memory.take("c", 20)];
  assert.throws(() => memory.take("d", 1), BUSY, "there is no more");
  giveBack();
  giveBack();
  assert.throws(() => memory.take("d", 61), BUSY);
  others.push(memory.take("a", 25));
  assert.throws(() => memory.take("a", 1), BUSY);
  for (const end of others) end();
  memory.take("e", 1000);
});

test("what is there once for all counts for each certificate that reads it, and keeps out nobody else", () => {
  const memory = new ReplyMemory(100, () => 0.5);
  const ends = ["a", "b", "c", "d", "e", "f"].map((who) => memory.takeShared(who, 20));
  assert.throws(() => memory.takeShared("a", 6), BUSY);
  assert.throws(() => memory.take("a", 6), BUSY, "both are its own");
  ends.push(memory.take("g", 25), memory.take("h", 25), memory.take("i", 25));
  assert.throws(() => memory.takeShared("g", 1), BUSY);
  for (const end of ends) end();
  for (const end of ends) end();
  memory.takeShared("a", 1000);
});
