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
