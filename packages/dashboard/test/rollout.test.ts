import assert from "node:assert/strict";
import { test } from "node:test";
import { PROGRESS } from "@jamesd/model";
import type { Event, Rollout } from "@jamesd/protocol";
import fc from "fast-check";
import { failuresOf, isOver, nextText, PROGRESS_WORDS, segmentsOf, waveText } from "../src/logic/rollout.ts";
import { failingOf, rolloutLines } from "../src/logic/rollout-line.ts";
import { bodyOf, meaningOf, verbsFor } from "../src/logic/rollout-verbs.ts";

const COUNTS = { done: 0, busy: 0, failed: 0, silent: 0, unreached: 0 };
const WAVE = { wave: "10%", devices: 6, counts: COUNTS, excused: 0, opened: 1, passed: null };
const SETTINGS = { success: 0.95, bakeMs: 900_000 } as Rollout["settings"];
const STANDS = {
  status: "running",
  trouble: null,
  baking: { heldMs: 0, ofMs: 900_000 },
  next: { wave: 2, inMs: 61_000, needsApproval: false, mayFail: 0 },
  settings: SETTINGS,
  ...{ stepAuthor: "olga", stepMessage: "" },
} as const;

test("the words for where a device is are those of the model", () => {
  assert.deepEqual(PROGRESS_WORDS, PROGRESS);
});

test("the parts of a bar lie side by side and fill it", () => {
  const counts = fc.record(
    Object.fromEntries(PROGRESS.map((word) => [word, fc.nat(1000)])) as Record<
      (typeof PROGRESS)[number],
      fc.Arbitrary<number>
    >,
  );
  fc.assert(
    fc.property(counts, (said) => {
      const parts = segmentsOf({ counts: said }, 600);
      let end = 0;
      for (const { word, devices, start, length } of parts) {
        assert.ok(Math.abs(start - end) < 1e-6 && length > 0);
        assert.equal(devices, said[word]);
        end = start + length;
      }
      assert.ok(parts.length === 0 || Math.abs(end - 600) < 1e-6);
    }),
  );
  assert.deepEqual(segmentsOf({ counts: null }, 600), []);
});

test("a wave in words", () => {
  assert.equal(waveText({ ...WAVE, excused: 1 }), "open: 6 devices, 1 excused");
  assert.equal(waveText({ ...WAVE, devices: 1, passed: 2 }), "passed: 1 device");
  assert.equal(waveText({ ...WAVE, opened: null }), "not open: would be 6 devices");
  assert.equal(waveText({ ...WAVE, opened: null, devices: null }), "not open");
});

test("what has to be before it goes on, in words", () => {
  const next = STANDS.next;
  assert.equal(
    nextText(STANDS),
    "Next: wave 2 opens in 1m, if success holds until then; the first that fails in this wave stops it.",
  );
  assert.equal(
    nextText({ ...STANDS, baking: null, next: { wave: null, inMs: null, needsApproval: true, mayFail: 2 } }),
    "Next: it is finished when 95% of the devices reached are done for 15m, once somebody approves it; more than 2 that fail in this wave stop it.",
  );
  assert.equal(
    nextText({ ...STANDS, status: "waiting", next }),
    "Next: wave 2 opens when somebody approves it.",
  );
  assert.match(
    nextText({ ...STANDS, status: "paused", trouble: "breach" }),
    /^It is paused because more devices failed than may: nobody/,
  );
  assert.match(
    nextText({ ...STANDS, status: "paused", stepMessage: "lunch" }),
    /^It is paused by olga \(lunch\):/,
  );
  assert.match(nextText({ ...STANDS, status: "finished", next: null }), /^It is finished: everybody/);
  assert.equal(nextText({ ...STANDS, status: "reverted", next: null }), "It is reverted by olga.");
});

test("devices with the same failure are one group, the largest first; each device is in one", () => {
  const failed = (id: string, message?: string) => ({
    id,
    progress: "failed" as const,
    problem: message === undefined ? null : { code: "SCRIPT_FAILED", message },
  });
  const groups = failuresOf([
    failed("c"),
    failed("a", "a: no space"),
    failed("b", "b: no space"),
    failed("d", "other"),
  ] as Parameters<typeof failuresOf>[0]);
  assert.deepEqual(
    groups.map(({ code, message, ids }) => [code, message, ids]),
    [
      ["SCRIPT_FAILED", "…: no space", ["a", "b"]],
      ["SCRIPT_FAILED", "other", ["d"]],
      ["failed", "it says no reason", ["c"]],
    ],
  );
});

test("a rollout over time: what was noted of it, and what its steps admitted", () => {
  const step = (number: number, time: number, devices: number) => ({ step: number, time, devices });
  const rollout = {
    began: 10,
    steps: [step(2, 30, 4), step(1, 10, 1), step(3, 40, 0)],
  } as unknown as Rollout;
  const noted = [
    { time: 12, counts: { ...COUNTS, done: 1 } },
    { time: 31, counts: { ...COUNTS, done: 2, failed: 1, silent: 2 } },
  ];
  const flat = rolloutLines(rollout, noted).map(({ label, points }) => [
    label,
    ...points.map(({ time, devices }) => `${time}: ${devices}`),
  ]);
  assert.deepEqual(flat, [
    ["done", "10: 0", "12: 1", "31: 2"],
    ["admitted", "10: 0", "10: 1", "30: 5"],
    ["failed", "10: 0", "12: 0", "31: 1"],
    ["silent", "10: 0", "12: 0", "31: 2"],
  ]);
});

test("of one that is over the newest transaction of each device tells whether it failed, of this revision alone", () => {
  const ended = (device: string, outcome: string, revision = 7) =>
    ({ kind: "transaction", device, transaction: { revision, outcome } }) as unknown as Event;
  const other = ended("b", "rolled-back", 6);
  const log = [ended("a", "rolled-back"), other, ended("c", "rolled-back"), ended("c", "committed")];
  assert.deepEqual(failingOf(7, log), [{ id: "a", progress: "failed", problem: null }]);
});

test("a rollout is over when it does nothing more", () => {
  assert.deepEqual(
    ["running", "paused", "finished", "superseded", "of a later version"].map((status) => isOver({ status })),
    [false, false, true, true, false],
  );
});

test("to a rollout only that is said that has a meaning as it stands", () => {
  assert.deepEqual(verbsFor({ status: "waiting" }), ["approve", "pause", "promote", "revert"]);
  assert.deepEqual(verbsFor({ status: "paused" }), ["resume", "retry", "promote", "revert"]);
  assert.deepEqual(verbsFor({ status: "running" }), ["pause", "retry", "promote", "revert"]);
  for (const status of ["finished", "reverted", "superseded", "of a later version"])
    assert.deepEqual(verbsFor({ status }), []);
});

test("what is said is told with how many devices it changes", () => {
  const shut = { ...WAVE, devices: 5, counts: null, opened: null };
  const rollout = {
    perWave: [{ ...WAVE, counts: { ...COUNTS, failed: 1 } }, shut, { ...shut, devices: null }],
    next: STANDS.next,
    status: "running",
  };
  assert.match(meaningOf("retry", { ...rollout, status: "paused" }), /when it is resumed: 1 device\.$/);
  assert.match(meaningOf("approve", rollout), /^Wave 2 opens, for 5 devices\.$/);
  assert.match(meaningOf("promote", rollout), /for 5 devices or more/);
  assert.match(meaningOf("revert", rollout), /what was before, at once: 6 devices\.$/);
  assert.match(meaningOf("retry", rollout), /at once: 1 device\.$/);
  assert.deepEqual(bodyOf("approve", rollout, "ok"), { wave: 2, message: "ok" });
  assert.deepEqual(bodyOf("pause", rollout, "stop"), { message: "stop" });
  assert.equal(bodyOf("retry", rollout, ""), undefined);
});
