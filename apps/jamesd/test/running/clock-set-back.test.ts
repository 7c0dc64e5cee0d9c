import assert from "node:assert/strict";
import { test } from "node:test";
import { SetBack, whenSetBack } from "../../src/running/clock-set-back.ts";

test("a clock that is set back is noticed once, whatever passes meanwhile, and one that is set forward is not", () => {
  let [now, monotonic] = [1_000_000_000, 0];
  const clock = new SetBack({ now: () => now, monotonic: () => monotonic });
  const seen: boolean[] = [];
  for (const [ms, setBy] of [
    [10_000, 0],
    [10_000, -50_000],
    [10_000, 3_600_000],
    [10_000, -3_600_000],
    [10_000, 0],
    [500_000, -120_000],
  ] as const) {
    monotonic += ms;
    now += ms + setBy;
    seen.push(clock.wasSet());
  }
  assert.deepEqual(seen, [false, false, false, true, false, true]);
});

test("what is to be done then is done again while it fails", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 1_000_000_000;
  let tries = 0;
  const part = whenSetBack(
    () => now,
    async () => {
      tries += 1;
      if (tries === 1) throw new Error("not now");
    },
  );
  const look = async (): Promise<void> => {
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
  };
  await look();
  assert.equal(tries, 0);
  now -= 3_600_000;
  for (let i = 0; i < 4; i += 1) await look();
  assert.equal(tries, 2);
  part.close();
});
