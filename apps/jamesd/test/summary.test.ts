import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Summaries, type Summary } from "../src/fleet/summaries.ts";
import { wireSummary } from "../src/http/v1/summary.ts";
import { Scene } from "./scene.ts";

test("law: the most frequent tags are those that sorting all would give", async () => {
  await using scene = await Scene.open();
  const counts = await scene.fleet.census.counts();
  const word = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom(..."abcdefgh") });
  const tags = fc.uniqueArray(fc.tuple(word, fc.integer({ min: 1, max: 4 })), {
    ...{ maxLength: 500, size: "max" },
    selector: ([tag]) => tag,
  });
  fc.assert(
    fc.property(tags, (given) => {
      const said = wireSummary({ ...counts, revision: 1, tags: new Map(given) });
      const sorted = given
        .map(([tag, devices]) => ({ tag, devices }))
        .sort((a, b) => b.devices - a.devices || (a.tag < b.tag ? -1 : 1));
      assert.deepEqual(said.tags, sorted.slice(0, 200));
      assert.equal(said.moreTags, Math.max(0, given.length - 200));
    }),
    { numRuns: 30 },
  );
});

test("as long as nothing else is counted, all who ask get the same summary", async (t) => {
  await using scene = await Scene.open();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const summaries = new Summaries(scene.fleet.census, scene.repository.revisions);
  const now = (): Promise<Summary> => summaries.next(() => false, 0, AbortSignal.timeout(60_000));
  const first = await now();
  assert.equal(await now(), first);
  await scene.wish("d", []);
  const second = await now();
  assert.deepEqual([second.revision, second === first], [first.revision + 1, false]);
  t.mock.timers.tick(60_000);
  assert.notEqual(await now(), second, "it is counted again");
});
