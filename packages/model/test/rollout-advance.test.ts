import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  advance,
  advanced,
  BEGUN,
  countProgress,
  isLive,
  isOffering,
  JamesError,
  mayFail,
  type Progress,
  parseRollout,
  progressOf,
  type RolloutSettings,
  type RolloutState,
  type RolloutVerb,
  ranBetween,
  told,
  type WaveCounts,
} from "../src/index.ts";

const MINUTE = 60_000;

/** What a device does after its wave opened: when it is heard of first, when it is through with it and how, and when it falls silent. */
interface Life {
  readonly heard: number;
  readonly through: number;
  readonly isGood: boolean;
  readonly silent: number;
}

const minutes = (max: number) => fc.integer({ min: 0, max }).map((one) => one * MINUTE);
const life: fc.Arbitrary<Life> = fc.record({
  heard: fc.oneof({ weight: 5, arbitrary: minutes(5) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
  through: minutes(30),
  isGood: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
  silent: fc.oneof({ weight: 9, arbitrary: fc.constant(Infinity) }, minutes(60)),
});
const settings = fc
  .record({
    waves: fc.constantFrom(["1", "10%"], ["100%"], ["2", "3", "50%"]),
    bakeMs: minutes(20),
    silenceMs: minutes(30).map((one) => one + MINUTE),
    patienceMs: minutes(90).map((one) => one + MINUTE),
    success: fc.constantFrom(0.5, 0.95, 1),
    failures: fc.constantFrom(0, 0.05, 0.3),
    approve: fc.constantFrom("none" as const, "first" as const, "each" as const),
    onFailure: fc.constantFrom("pause" as const, "revert" as const),
  })
  .map(parseRollout);
const lives = fc.array(fc.array(life, { maxLength: 6 }), { minLength: 4, maxLength: 4 });

function progressAt(one: Life, sinceMs: number, settings: RolloutSettings): Progress {
  const isHeard = sinceMs >= one.heard;
  const last = Math.min(sinceMs, one.silent < one.heard ? one.heard : one.silent);
  const isThrough = isHeard && sinceMs >= one.heard + one.through && one.heard + one.through <= one.silent;
  return progressOf(
    {
      unheardMs: isHeard ? sinceMs - last : undefined,
      isDone: isThrough && one.isGood,
      failures: isThrough && !one.isGood ? 1 : 0,
      isStuck: false,
    },
    settings,
  );
}

interface Moment {
  readonly nowMs: number;
  readonly counts: readonly WaveCounts[];
  readonly before: RolloutState;
  readonly after: RolloutState;
}

/** Runs a rollout until nothing more happens; each wave's devices live from when it opened. */
function run(settings: RolloutSettings, all: readonly (readonly Life[])[]): readonly Moment[] {
  const moments: Moment[] = [];
  const openedMs: number[] = [0];
  let state = BEGUN;
  for (let nowMs = 0; nowMs < 24 * 60 * MINUTE && state.status === "running"; nowMs += MINUTE) {
    const counts = openedMs.map((since, wave) =>
      countProgress((all[wave] ?? []).map((one) => progressAt(one, nowMs - since, settings))),
    );
    const next = advance(settings, state, counts, nowMs);
    const after = next ? advanced(state, next, nowMs) : state;
    if (after.wave > state.wave) openedMs.push(nowMs);
    moments.push({ nowMs, counts, before: state, after });
    state = after;
  }
  return moments;
}

const failedOf = ({ failed, silent }: WaveCounts) => failed + silent;
const sizeOf = (wave: WaveCounts) => reachedOf(wave) + wave.unreached;
const reachedOf = ({ done, busy, failed, silent }: WaveCounts) => done + busy + failed + silent;

test("law: no wave opens before success has held for as long as it bakes, without a breach", () => {
  fc.assert(
    fc.property(settings, lives, (settings, all) => {
      const moments = run(settings, all);
      for (const { nowMs, counts, before, after } of moments) {
        if (after.wave === before.wave && after.status !== "finished" && after.status !== "waiting") continue;
        const isEmpty = sizeOf(counts.at(-1) as WaveCounts) === 0;
        if (!isEmpty) assert.ok(nowMs - before.openedMs >= settings.bakeMs);
        for (const one of moments) {
          if (one.nowMs < nowMs - (isEmpty ? 0 : settings.bakeMs) || one.nowMs > nowMs) continue;
          for (const wave of one.counts) assert.ok(failedOf(wave) <= mayFail(wave, settings));
          const newest = one.counts.at(-1) as WaveCounts;
          if (one.before.wave === before.wave && !isEmpty)
            assert.ok(reachedOf(newest) > 0 && newest.done >= settings.success * reachedOf(newest));
        }
      }
    }),
  );
});

test("a wave of which everybody is excused bakes like any other; one that never had anybody is passed over", () => {
  const settings = parseRollout({ waves: ["1"], bakeMs: 15 * MINUTE });
  const nobody = [countProgress([])];
  assert.deepEqual(advance(settings, BEGUN, nobody, 0), { kind: "open" });
  assert.deepEqual(advance(settings, BEGUN, nobody, 0, [1]), { kind: "steady" });
  const steady = advanced(BEGUN, { kind: "steady" }, 0);
  assert.equal(advance(settings, steady, nobody, 14 * MINUTE, [1]), undefined);
  assert.deepEqual(advance(settings, steady, nobody, 15 * MINUTE, [1]), { kind: "open" });
});

test("law: left alone, every wave ends, pauses or waits within patience and bake", () => {
  fc.assert(
    fc.property(settings, lives, (settings, all) => {
      const moments = run(settings, all);
      for (const { nowMs, before } of moments)
        assert.ok(nowMs - before.openedMs <= settings.patienceMs + settings.bakeMs + MINUTE);
      assert.notEqual(moments.at(-1)?.after.status, "running");
    }),
  );
});

test("law: a breach ends it at once, by what was asked for; nothing else reverts it", () => {
  fc.assert(
    fc.property(settings, lives, (settings, all) => {
      for (const { counts, after } of run(settings, all)) {
        const isBreached = counts.some((wave) => failedOf(wave) > mayFail(wave, settings));
        const wanted = settings.onFailure === "revert" ? "reverted" : "paused";
        if (isBreached) assert.deepEqual([after.status, after.trouble], [wanted, "breach"]);
        else assert.notEqual(after.status, "reverted");
      }
    }),
  );
});

test("law: asked again after what it did, without time, it does nothing twice", () => {
  fc.assert(
    fc.property(settings, lives, (settings, all) => {
      for (const { nowMs, counts, before, after } of run(settings, all))
        if (after !== before && after.wave === before.wave && settings.bakeMs > 0)
          assert.equal(advance(settings, after, counts, nowMs), undefined);
    }),
  );
});

const count = fc.nat(30);
const anyCounts = fc.record({ done: count, busy: count, failed: count, silent: count, unreached: count });
const anyState: fc.Arbitrary<RolloutState> = fc.record({
  status: fc.constantFrom("running", "waiting", "paused", "finished", "reverted", "superseded"),
  wave: fc.integer({ min: 1, max: 4 }),
  openedMs: minutes(60),
  steadyMs: fc.option(minutes(60), { nil: undefined }),
  before: fc.constantFrom("running", "waiting"),
  trouble: fc.constant(undefined),
});

test("law: no wave opens while it waits, is paused or over; over, nothing happens any more", () => {
  fc.assert(
    fc.property(
      settings,
      anyState,
      fc.array(anyCounts, { minLength: 1, maxLength: 3 }),
      minutes(300),
      (settings, state, counts, nowMs) => {
        const next = advance(settings, state, counts, nowMs);
        if (state.status === "waiting") assert.ok(!next || next.kind === settings.onFailure);
        else if (state.status !== "running") assert.equal(next, undefined);
        else if (next) assert.ok(advanced(state, next, nowMs).wave >= state.wave);
      },
    ),
  );
});

test("law: a device is unreached as long as nobody heard of it, and silent exactly from that time on", () => {
  fc.assert(
    fc.property(
      minutes(99),
      minutes(99),
      fc.boolean(),
      fc.boolean(),
      fc.nat(3),
      (unheardMs, silenceMs, isDone, isStuck, failures) => {
        const device = { isDone, isStuck, failures };
        assert.equal(
          progressOf({ ...device, unheardMs: undefined }, { silenceMs, attempts: 1 }),
          "unreached",
        );
        const progress = progressOf({ ...device, unheardMs }, { silenceMs, attempts: 2 });
        assert.equal(progress === "silent", unheardMs >= silenceMs);
        if (progress !== "silent")
          assert.equal(progress, isStuck ? "failed" : isDone ? "done" : failures >= 2 ? "failed" : "busy");
      },
    ),
  );
});

const verb: fc.Arbitrary<RolloutVerb> = fc.oneof(
  fc.record({ kind: fc.constantFrom("pause", "approve", "revert", "supersede") }),
  fc.record({ kind: fc.constant("resume" as const), isBreached: fc.boolean() }),
  fc.record({ kind: fc.constant("promote" as const), wave: fc.integer({ min: -1, max: 6 }) }),
);

test("law: told anything, a rollout opens waves or none, is over for good, and says why not", () => {
  fc.assert(
    fc.property(anyState, verb, minutes(300), (state, verb, nowMs) => {
      try {
        const after = told(state, verb, 4, nowMs);
        assert.ok(isLive(state));
        assert.ok(after.wave >= state.wave && after.wave <= Math.max(4, state.wave + 1));
        if (after.wave > state.wave) assert.ok(verb.kind === "approve" || verb.kind === "promote");
        if (after.status === "paused" || after.status === "reverted") assert.ok(!isOffering(after));
        assert.notEqual(after, state);
      } catch (err) {
        assert.ok(err instanceof JamesError && err.code === "ROLLOUT_STATUS" && err.hint);
      }
    }),
  );
});

test("the states and what leads from one to another are those of the table", () => {
  const at = (status: RolloutState["status"]): RolloutState => ({ ...BEGUN, status, before: "waiting" });
  const verbs = ["pause", "approve", "resume", "promote", "revert", "supersede"] as const;
  const table = {
    running: { pause: "paused", promote: "running", revert: "reverted", supersede: "superseded" },
    waiting: {
      pause: "paused",
      approve: "running",
      promote: "running",
      revert: "reverted",
      supersede: "superseded",
    },
    paused: { resume: "waiting", promote: "running", revert: "reverted", supersede: "superseded" },
    finished: {},
    reverted: {},
    superseded: {},
  } as const satisfies Record<RolloutState["status"], Partial<Record<(typeof verbs)[number], string>>>;
  for (const [status, row] of Object.entries(table))
    for (const kind of verbs) {
      const wanted: string | undefined = (row as Record<string, string>)[kind];
      const tell = () =>
        told(at(status as RolloutState["status"]), { kind, wave: 2, isBreached: false }, 3, 0).status;
      if (wanted) assert.equal(tell(), wanted, `${status} ${kind}`);
      else assert.throws(tell, JamesError, `${status} ${kind}`);
    }
});

test("law: only time in which the server ran counts", () => {
  const spans = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 6 });
  fc.assert(
    fc.property(spans, fc.nat(400), fc.nat(400), (parts, a, b) => {
      let at = 0;
      const runs = parts.map(([gap, length]) => {
        const from = at + gap + 1;
        at = from + length;
        return { from, until: at };
      });
      const [from, until] = [Math.min(a, b), Math.max(a, b)];
      let ran = 0;
      for (let t = from; t < until; t += 1) if (runs.some((run) => t >= run.from && t < run.until)) ran += 1;
      assert.equal(ranBetween(runs, from, until), ran);
    }),
  );
});

test("one that was paused goes on as before, and has to prove itself anew", () => {
  for (const status of ["running", "waiting"] as const) {
    const state = { ...BEGUN, status, steadyMs: 5 };
    const paused = told(state, { kind: "pause" }, 3, 10);
    assert.deepEqual(told(paused, { kind: "resume", isBreached: false }, 3, 20), {
      ...{ ...state, steadyMs: undefined, openedMs: 20 },
    });
    assert.throws(() => told(paused, { kind: "resume", isBreached: true }, 3, 20), /more devices failed/);
  }
});

test("a device that failed as often as it may try has failed, and not before", () => {
  const device = { unheardMs: 0, isDone: false, isStuck: false };
  const at = (failures: number) => progressOf({ ...device, failures }, { silenceMs: 1, attempts: 2 });
  assert.deepEqual([0, 1, 2, 3].map(at), ["busy", "busy", "failed", "failed"]);
});
