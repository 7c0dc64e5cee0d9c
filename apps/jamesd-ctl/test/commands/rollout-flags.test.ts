import assert from "node:assert/strict";
import { test } from "node:test";
import { type FlagValues, readFlags } from "@jamesd/config";
import { type GivenRollout, JamesError, parseRollout } from "@jamesd/model";
import fc from "fast-check";
import { ROLLOUT_FLAGS, rolloutOf } from "../../src/commands/rollout-flags.ts";

const read = (values: Readonly<Record<string, unknown>>): FlagValues<typeof ROLLOUT_FLAGS> =>
  readFlags({ values, words: [], name: "apply", called: "jamesd-ctl apply" }, ROLLOUT_FLAGS);
const usage = { code: "USAGE" };

test("nothing is said of waves unless a flag says it", () => {
  assert.equal(rolloutOf(read({})), undefined);
  const others = { file: "vpn.yaml", yes: true, message: "why", tags: ["v1"] };
  assert.equal(rolloutOf({ ...read({}), ...others }), undefined);
  assert.deepEqual(rolloutOf(read({ now: true })), { now: true });
  assert.deepEqual(rolloutOf(read({ again: true, supersede: true })), { again: true, supersede: true });
});

test("flags are read as the protocol has them, in units of their own", () => {
  const plan = {
    ...{ waves: "tag:canary, 5,10%", success: "90%", failures: "2.5%", bake: "1h", silence: "30m" },
    ...{ patience: "2d", attempts: "3", inFlight: "50", approve: "each", onFailure: "revert" },
  };
  const expected: GivenRollout = {
    ...{ waves: ["tag:canary", "5", "10%"], success: 0.9, failures: 0.025, bakeMs: 3_600_000 },
    ...{ silenceMs: 1_800_000, patienceMs: 172_800_000, attempts: 3, inFlight: 50 },
    ...{ approve: "each", onFailure: "revert" },
  };
  assert.deepEqual(rolloutOf(read(plan)), { plan: expected });
  assert.ok(parseRollout(expected));
  assert.deepEqual(rolloutOf(read({ bake: "0s" })), { plan: { bakeMs: 0 } });
});

test("what is no wave, share, time or word is refused with the flag's name", () => {
  for (const [name, value, says] of [
    ["waves", "100%,5", /^--waves: .*after everybody/],
    ["waves", "", /^--waves: "" is no wave/],
    ["success", "0.9", /^--success: "0.9" is not a share/],
    ["failures", "101%", /^--failures: /],
    ["bake", "soon", /^--bake: /],
    ["attempts", "0", /^--attempts: /],
    ["approve", "last", /^--approve: "last" is not one of none, first, each/],
    ["onFailure", "stop", /^--on-failure: /],
  ] as const)
    assert.throws(
      () => read({ [name]: value }),
      (thrown) => thrown instanceof JamesError && says.test(thrown.message),
      name,
    );
});

test("everybody at once, and in waves, is not both", () => {
  assert.throws(() => rolloutOf(read({ now: true, waves: "1" })), usage);
  assert.throws(() => rolloutOf(read({ now: true, supersede: true })), usage);
});

test("each share that people write with two digits is the one that is meant", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), (hundredths) => {
      const { plan } = rolloutOf(read({ failures: `${hundredths / 100}%` })) ?? {};
      assert.equal(plan?.failures, hundredths / 10_000);
    }),
  );
});
