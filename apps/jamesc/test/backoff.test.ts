import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  jittered,
  planDeferral,
  quietPause,
  reconnectPause,
  toldPause,
  waitingPause,
} from "../src/backoff.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const failures = fc.integer({ min: 1, max: 100_000 });
const ms = fc.integer({ min: 0, max: 24 * HOUR });

describe("back-off", () => {
  it("looks for a lost server within two seconds first, and at least once a minute for ever", () => {
    fc.assert(
      fc.property(failures, random, (count, chance) => {
        const pause = reconnectPause(count, chance);
        assert.ok(pause >= 0 && pause <= (count === 1 ? 2000 : MINUTE));
      }),
    );
  });

  it("leaves a server alone as long as it says and spreads what comes then, but is not silenced", () => {
    fc.assert(
      fc.property(failures, random, ms, (count, chance, retryAfterMs) => {
        const pause = reconnectPause(count, chance, retryAfterMs);
        const told = Math.min(HOUR, retryAfterMs);
        assert.ok(pause >= told && pause <= told + MINUTE);
      }),
    );
    assert.equal(reconnectPause(1, 0.5, 7000), 8000);
    assert.equal(reconnectPause(1, 0.5, 1e12), HOUR + 1000);
  });

  it("doubles from the second failure on", () => {
    const almostOne = 1 - Number.EPSILON;
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((count) => Math.round(reconnectPause(count, almostOne)));
    assert.deepEqual(pauses, [2000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("spreads devices over the whole pause", () => {
    fc.assert(
      fc.property(failures, random, (count, chance) => {
        const whole = reconnectPause(count, 0.5) * 2;
        assert.ok(Math.abs(reconnectPause(count, chance) - chance * whole) < 1e-6);
      }),
    );
  });

  it("leaves a failed plan alone for half a minute at least and an hour at most", () => {
    fc.assert(
      fc.property(failures, random, (count, chance) => {
        const delay = planDeferral(count, chance);
        assert.ok(delay >= MINUTE / 2 && delay <= HOUR);
        assert.ok(planDeferral(count + 1, chance) >= delay, "never shorter after another failure");
      }),
    );
    assert.deepEqual(
      [1, 2, 3].map((count) => planDeferral(count, 0)),
      [30_000, 60_000, 120_000],
    );
  });

  it("asks for what waits for people as the server says, within bounds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), random, (said, chance) => {
        const pause = waitingPause(said, chance);
        assert.ok(pause >= 9000 && pause <= 1.1 * HOUR, String(pause));
      }),
    );
    assert.ok(Math.abs(waitingPause(MINUTE, 0.5) - MINUTE) < 1e-6);
  });

  it("asks again when the server says so that does not hold, at least once in an hour", () => {
    assert.deepEqual([0, 90_000, 1e12].map(toldPause), [1000, 90_000, HOUR]);
  });

  it("jitters by a tenth at most", () => {
    fc.assert(
      fc.property(ms, random, (pause, chance) => {
        const drifted = jittered(pause, chance);
        assert.ok(drifted >= pause * 0.9 - 1e-6 && drifted <= pause * 1.1 + 1e-6);
      }),
    );
  });

  it("asks again at once when the server held the check-in to the end", () => {
    const held = { intervalMs: 600_000, waitMs: 300_000, tookMs: 299_990 };
    assert.equal(quietPause(held, 0.5), 0);
  });

  it("rests for what is left of the interval when the server answered at once", () => {
    const quick = { intervalMs: 60_000, waitMs: 60_000, tookMs: 10_000 };
    assert.equal(quietPause(quick, 0.5), 50_000);
    assert.equal(quietPause({ ...quick, waitMs: 0 }, 0.5), 50_000);
    assert.equal(quietPause({ ...quick, tookMs: 70_000, waitMs: 0 }, 0.5), 0);
  });
});
