import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RateLimiter } from "../src/rate-limiter.ts";

/** A clock that stands still but for the waiting, and a limiter of a thousand bytes a second. */
function limited() {
  const clock = {
    time: 5_000_000,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms;
    },
  };
  return { clock, limiter: new RateLimiter(1000, clock) };
}

const { signal } = new AbortController();

test("a second's worth comes at once, what is more waits", async () => {
  const { clock, limiter } = limited();
  const waited: number[] = [];
  for (const bytes of [400, 600, 1, 999, 2000]) {
    const before = clock.time;
    await limiter.until(limiter.count(bytes), signal);
    waited.push(clock.time - before);
  }
  assert.deepEqual(waited, [0, 0, 1, 999, 2000]);
});

test("a silence saves up no more than a second's worth", async () => {
  const { clock, limiter } = limited();
  await limiter.until(limiter.count(3000), signal);
  clock.time += 3_600_000;
  assert.equal(limiter.count(1500), clock.time + 500);
});

test("those who share it are due one behind the other", () => {
  const { clock, limiter } = limited();
  const due = [1000, 500, 500].map((bytes) => limiter.count(bytes) - clock.time);
  assert.deepEqual(due, [0, 500, 1000]);
});

test("law: however pieces and silences come, in no stretch of time is more let through than rate and burst allow", async () => {
  const events = fc.array(fc.record({ bytes: fc.nat(5000), silence: fc.nat(3000) }), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(events, async (given) => {
      const { clock, limiter } = limited();
      const passed: { at: number; bytes: number }[] = [];
      for (const { bytes, silence } of given) {
        clock.time += silence;
        await limiter.until(limiter.count(bytes), signal);
        passed.push({ at: clock.time, bytes });
      }
      for (const [from, { at: start }] of passed.entries()) {
        let sum = 0;
        for (const { at, bytes } of passed.slice(from + 1)) {
          sum += bytes;
          assert.ok(sum <= 1000 + (at - start) + 1, `${sum} bytes in ${at - start} ms`);
        }
      }
    }),
  );
});

test("an abort ends the waiting at once, with its reason", async () => {
  const stop = new AbortController();
  const sleep = (_ms: number, { aborted }: AbortSignal) =>
    aborted
      ? Promise.resolve()
      : new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  const limiter = new RateLimiter(1, { now: () => 0, sleep });
  const waiting = limiter.until(limiter.count(1_000_000), stop.signal);
  const reason = new Error("stopped");
  stop.abort(reason);
  await assert.rejects(waiting, (thrown) => thrown === reason);
});
