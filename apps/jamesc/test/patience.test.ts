import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { patiently, retryAfterOf } from "../src/patience.ts";

const busy = (retryAfterMs?: number) => new JamesError("SERVER_BUSY", "busy", { retryAfterMs });
const { signal } = new AbortController();

/** Asks something that fails in these ways and then works; gives the waits between. */
async function waits(failures: readonly unknown[]): Promise<readonly number[]> {
  const slept: number[] = [];
  const queue = [...failures];
  const ask = async () => {
    if (queue.length > 0) throw queue.shift();
    return "done";
  };
  const answer = await patiently(ask, signal, async (ms) => {
    slept.push(ms);
  });
  assert.equal(answer, "done");
  return slept;
}

test("a refusal is waited out as long as it says, but not for ever", async () => {
  assert.deepEqual(await waits([]), []);
  assert.deepEqual(await waits([busy(7000), busy(0), busy(86_400_000)]), [7000, 0, 300_000]);
  assert.equal((await waits(Array.from({ length: 19 }, () => busy(1)))).length, 19);
});

test("the twentieth refusal in a row is the failure", async () => {
  const last = busy(1);
  const failures = [...Array.from({ length: 19 }, () => busy(1)), last];
  await assert.rejects(waits(failures), (thrown) => thrown === last);
});

test("what does not say when to ask again fails at once", async () => {
  const wrong = new JamesError("BLOB_UNKNOWN", "no such blob", { retryAfterMs: 1000 });
  for (const failure of [busy(), wrong, new Error("other")]) {
    assert.equal(retryAfterOf(failure), undefined);
    await assert.rejects(waits([failure]), (thrown) => thrown === failure);
  }
});

test("an abort ends the waiting at once, with its reason, and nothing is asked any more", async () => {
  const stop = new AbortController();
  let asked = 0;
  const ask = async () => {
    asked += 1;
    throw busy(300_000);
  };
  const waiting = patiently(ask, stop.signal);
  const reason = new Error("stopped");
  setImmediate(() => stop.abort(reason));
  await assert.rejects(waiting, (thrown) => thrown === reason);
  assert.equal(asked, 1);
});
