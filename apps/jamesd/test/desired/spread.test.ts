import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenedWave, openWave, parseRollout } from "@jamesd/model";
import fc from "fast-check";
import { spreadTo } from "../../src/desired/spread.ts";

const device = fc.record({
  id: fc.string({ minLength: 1, maxLength: 3 }),
  tags: fc.subarray(["canary", "lab"]).map((tags) => new Set(tags)),
  isAsleep: fc.boolean(),
});
const population = fc.uniqueArray(device, { selector: ({ id }) => id, maxLength: 40 });
const counted = fc.integer({ min: 1, max: 30 }).map(String);
const plan = fc
  .tuple(
    fc.array(counted, { maxLength: 2 }),
    fc.subarray(["tag:canary", "tag:lab", "10%", "33.3%", "50%"]),
    fc.array(counted, { maxLength: 2 }),
  )
  .map((parts) => ["1", ...parts.flat()])
  .filter((waves) => new Set(waves).size === waves.length);

test("what the waves would be is what they are when one after the other is opened", () => {
  fc.assert(
    fc.property(population, plan, fc.nat(9), (devices, waves, seed) => {
      const settings = parseRollout({ waves });
      const spread = spreadTo(devices, { settings, seed, supersedes: [] });
      const opened: OpenedWave[] = [];
      for (const wave of settings.waves) opened.push(openWave(wave, { population: devices, opened, seed }));
      assert.deepEqual(
        spread.waves.map((one) => one.devices),
        opened.map(({ ids }) => ids.length),
      );
      assert.deepEqual(spread.rollout.wave, opened[0]);
      const empty = opened.filter(({ ids }) => ids.length === 0).length;
      assert.equal(spread.warnings.length, empty === opened.length ? 1 : empty);
    }),
  );
});
