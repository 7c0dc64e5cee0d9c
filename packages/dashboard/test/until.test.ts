import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { until } from "../src/logic/until.ts";

test("however often something is waited for, nothing of it is left under the signal", async () => {
  const { signal } = new AbortController();
  let ended = 0;
  for (let i = 0; i < 3; i += 1)
    await until(signal, (over) => {
      // At once, or later.
      if (i === 0) over();
      else setTimeout(over);
      return () => (ended += 1);
    });
  assert.equal(ended, 3);
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("who is gone waits no more, and begins nothing", async () => {
  const leaving = new AbortController();
  let isRunning = false;
  const begin = () => {
    isRunning = true;
    return () => {
      isRunning = false;
    };
  };
  const waiting = until(leaving.signal, begin);
  assert.equal(isRunning, true);
  leaving.abort();
  await waiting;
  assert.equal(isRunning, false);
  await until(leaving.signal, () => assert.fail("nobody waits"));
});
