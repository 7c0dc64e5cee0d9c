import assert from "node:assert/strict";
import { test } from "node:test";
import { countProgress, PROGRESS, type Progress } from "@jamesd/model";
import fc from "fast-check";
import { WaveProgress } from "../../src/rollouts/wave-progress.ts";

const IDS = ["a", "b", "c", "d", "e", "z", "é"];
const index = fc.nat({ max: IDS.length - 1 });
const op = fc.oneof(
  fc.record({
    index,
    progress: fc.option(fc.constantFrom(...PROGRESS), { nil: undefined }),
    due: fc.integer({ min: 0, max: 9 }),
  }),
  fc.record({ excused: index }),
);

test("counts that are kept are those that are counted anew, without who is gone or excused", () => {
  fc.assert(
    fc.property(fc.array(op), (ops) => {
      const wave = new WaveProgress(IDS);
      const there = new Map<number, { progress: Progress | undefined; due: number }>();
      const excused = new Set<number>();
      for (const one of ops) {
        if ("excused" in one) {
          excused.add(one.excused);
          wave.excuse([IDS[one.excused] ?? "", "nobody"]);
        } else {
          there.set(one.index, one);
          wave.set(one.index, { ...one, heard: one.due });
        }
        const counted = [...there].flatMap(([at, { progress }]) =>
          progress && !excused.has(at) ? [progress] : [],
        );
        assert.deepEqual(wave.counts, countProgress(counted));
        assert.deepEqual(
          [...wave.due(4)],
          [...there].flatMap(([at, { due }]) => (due <= 4 ? [at] : [])).sort((a, b) => a - b),
        );
        for (const [at, { progress, due }] of there)
          assert.deepEqual(
            [wave.progress(at), wave.heard(at), wave.isExcused(at)],
            [progress, due, excused.has(at)],
          );
      }
    }),
  );
});

test("a device is found among its own, and the next one after an id", () => {
  const wave = new WaveProgress(IDS);
  for (const [at, id] of IDS.entries()) {
    assert.equal(wave.find(id), at);
    assert.equal(wave.find(`${id}x`), undefined);
    assert.equal(wave.from(`${id}\0`), at + 1);
  }
  assert.equal(wave.find(""), undefined);
});
