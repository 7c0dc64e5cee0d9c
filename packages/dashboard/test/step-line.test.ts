import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beginningOf, mostOf, rowsOf, stepPath, sumOf } from "../src/logic/step-line.ts";

const FRAME = { from: 0, to: 100, most: 10, width: 200, height: 50 };

test("a line goes across, then up or down, and to the end", () => {
  const points = [
    { time: 0, devices: 0 },
    { time: 50, devices: 5 },
    { time: 75, devices: 10 },
  ];
  assert.equal(stepPath(points, FRAME), "M0 50H100V25H150V0H200");
  assert.equal(stepPath([], FRAME), "");
});

test("whatever the numbers, a line stays in its box, and no number is none", () => {
  const step = fc.record({ time: fc.integer(), devices: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.integer(), fc.integer(), (points, from, to) => {
      const path = stepPath(points, { ...FRAME, from, to, most: mostOf([points]) });
      for (const [, letter, number] of path.matchAll(/([MHV ])(-?[\d.]+)/g))
        assert.ok(
          Number(number) >= 0 && Number(number) <= (letter === "V" || letter === " " ? 50 : 200),
          path,
        );
      assert.doesNotMatch(path, /NaN|Infinity|e/);
    }),
  );
});

test("the table behind lines has what each is from each time on, the newest first, as many as asked for", () => {
  const lines = [
    [
      { time: 1, devices: 1 },
      { time: 3, devices: 3 },
    ],
    [
      { time: 2, devices: 5 },
      { time: 2, devices: 6 },
    ],
  ];
  assert.deepEqual(rowsOf(lines, 10), [
    { time: 3, devices: [3, 6] },
    { time: 2, devices: [1, 6] },
    { time: 1, devices: [1, 0] },
  ]);
  assert.deepEqual(rowsOf(lines, 1), [{ time: 3, devices: [3, 6] }]);
});

test("what begins with none is shown from the first on; else from where it was asked for", () => {
  const line = (...devices: number[]) => devices.map((count, time) => ({ time, devices: count }));
  assert.equal(beginningOf([line(0, 0, 3), line(0, 0, 0, 1)], 0), 2);
  assert.equal(beginningOf([line(0, 0, 3), line(1, 1)], 0), 0);
  assert.equal(beginningOf([line(0, 0, 3)], 5), 5);
});

test("added up, lines are at each time what each of them is then", () => {
  const line = fc
    .array(fc.record({ time: fc.integer({ min: 1, max: 9 }), devices: fc.nat(9) }), { maxLength: 6 })
    .map((points) => [{ time: 0, devices: 1 }, ...points.sort((a, b) => a.time - b.time)]);
  const at = (points: readonly { time: number; devices: number }[], time: number): number =>
    points.findLast((point) => point.time <= time)?.devices ?? 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
      const sum = sumOf(lines);
      for (let time = 0; time < 10; time += 1)
        assert.equal(
          at(sum, time),
          lines.reduce((all, one) => all + at(one, time), 0),
        );
      assert.equal(new Set(sum.map(({ time }) => time)).size, sum.length);
    }),
  );
});
