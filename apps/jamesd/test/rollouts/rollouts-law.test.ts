import assert from "node:assert/strict";
import { test } from "node:test";
import { type GivenRollout, isLive, parseRollout, type RolloutState } from "@jamesd/model";
import fc from "fast-check";
import type { RolloutCommand } from "../../src/rollouts/commands.ts";
import { CountsLog } from "../../src/rollouts/counts-log.ts";
import { LiveProgress } from "../../src/rollouts/progress.ts";
import { HOUR, MINUTE, RolloutScene, vpn } from "./rollout-scene.ts";

const IDS = ["a", "b", "c", "d", "e", "f"];
const SETTINGS = {
  bakeMs: 10 * MINUTE,
  silenceMs: 30 * MINUTE,
  patienceMs: 2 * HOUR,
} satisfies GivenRollout;

const id = fc.constantFrom(...IDS);
const COMMANDS: readonly RolloutCommand[] = [
  { kind: "pause" },
  { kind: "approve" },
  { kind: "resume", accept: false },
  { kind: "resume", accept: true },
  { kind: "promote", wave: 2 },
  { kind: "promote", wave: "all" },
];
const op = fc.oneof(
  { arbitrary: fc.record({ op: fc.constantFrom("commit", "commit", "fail", "stick"), id }), weight: 6 },
  { arbitrary: fc.record({ op: fc.constantFrom("ask", "hold", "leave"), id }), weight: 3 },
  {
    arbitrary: fc.record({
      op: fc.constant("pass" as const),
      minutes: fc.constantFrom(1, 9, 10, 29, 30, 60),
    }),
    weight: 5,
  },
  {
    arbitrary: fc.record({ op: fc.constantFrom("outage", "kill"), minutes: fc.constantFrom(0, 1, 600) }),
    weight: 2,
  },
  {
    arbitrary: fc.record({ op: fc.constant("tell" as const), command: fc.constantFrom(...COMMANDS) }),
    weight: 2,
  },
  { arbitrary: fc.record({ op: fc.constantFrom("remove", "own", "disown"), id }), weight: 1 },
  { arbitrary: fc.record({ op: fc.constant("retry" as const) }), weight: 1 },
  { arbitrary: fc.record({ op: fc.constant("begin" as const) }), weight: 1 },
);
type Op = typeof op extends fc.Arbitrary<infer O> ? O : never;

const given = fc.record({
  waves: fc.constantFrom(["1"], ["2", "50%"], ["tag:nobody", "1", "4"]),
  approve: fc.constantFrom("none" as const, "none" as const, "first" as const, "each" as const),
  onFailure: fc.constantFrom("pause" as const, "revert" as const),
  attempts: fc.constantFrom(1, 2),
  failures: fc.constantFrom(0.05, 0.5),
});

/** The verbs are refused in most states; nothing else goes wrong. */
async function unlessRefused(work: Promise<unknown>): Promise<void> {
  await work.catch((thrown: { code?: string }) => {
    if (!["ROLLOUT_STATUS", "DEVICE_UNKNOWN", "ROLLOUT_UNKNOWN"].includes(thrown.code ?? "")) throw thrown;
  });
}

/** What becomes of a fleet, and of its rollouts. */
class Trial {
  readonly #rollouts: RolloutScene;
  readonly #given: GivenRollout;
  #revision = 0;
  #second = 0;

  constructor(rollouts: RolloutScene, given: GivenRollout) {
    this.#rollouts = rollouts;
    this.#given = given;
  }

  get revisions(): readonly number[] {
    return [this.#revision, this.#second].filter((one) => one > 0);
  }

  async begin(): Promise<void> {
    this.#revision = await this.#rollouts.begin([vpn("v2")], this.#given);
    await this.#rollouts.rounds();
  }

  async take(one: Op): Promise<void> {
    const rollouts = this.#rollouts;
    if (one.op === "begin") {
      if (this.#second === 0)
        this.#second = await rollouts.begin([{ name: "ntp", tags: ["n1"] }], this.#given, "t");
    } else if ("minutes" in one) await this.#pass(one.op, one.minutes * MINUTE);
    else if ("command" in one) await unlessRefused(rollouts.tell(this.#revision, one.command));
    else if (one.op === "retry")
      await unlessRefused(rollouts.rolling.rollouts.retry(this.#revision, rollouts.origin));
    else if ("id" in one) await this.#device(one.op, one.id);
    await rollouts.rounds();
  }

  async #pass(op: string, ms: number): Promise<void> {
    const rollouts = this.#rollouts;
    if (op === "pass") return rollouts.pass(ms, MINUTE);
    // Nobody is heard meanwhile, so that it makes no difference how long that is.
    const before = await this.said();
    await rollouts.restart(ms, op === "kill");
    await rollouts.rounds();
    if (op === "outage") assert.deepEqual(await this.said(), before);
  }

  async #device(op: string, id: string): Promise<void> {
    const rollouts = this.#rollouts;
    const { scene } = rollouts;
    if (op === "commit") await rollouts.carryOut(id);
    else if (op === "fail") await rollouts.carryOut(id, "rolled-back");
    else if (op === "stick") await rollouts.carryOut(id, "stuck");
    else if (op === "ask") await rollouts.ask(id);
    else if (op === "hold") await rollouts.hold(id);
    else if (op === "leave") await rollouts.leave(id);
    else if (op === "own") await scene.wish(id, [vpn("v3")]);
    else if (op === "disown") await scene.wish(id, []);
    else {
      await rollouts.leave(id);
      await unlessRefused(scene.desired.removeDevice(id, true, rollouts.origin));
    }
  }

  /** All that is said of the rollouts, but for what time that passes makes of it. */
  async said(): Promise<unknown> {
    const { rolling } = this.#rollouts;
    return Promise.all(
      this.revisions.map(async (revision) => {
        const { rollout, waves, steps } = await rolling.rollouts.get(revision);
        const devices = await rolling.rollouts.devices(revision, { after: "", limit: 99 });
        return {
          state: rollout.state,
          counts: waves.map(({ counts }) => counts),
          steps: steps.length,
          devices,
        };
      }),
    );
  }

  /** Counters that are kept are those that are worked out anew. */
  async checkCounts(): Promise<void> {
    const { scene, rolling } = this.#rollouts;
    const { progress, running } = rolling;
    await progress.now();
    const counted = new CountsLog({ counts: scene.repository.rolloutCounts, now: () => scene.now });
    const anew = new LiveProgress({
      fleet: scene.fleet,
      rollouts: scene.repository.rollouts,
      running,
      counted,
    });
    await anew.now();
    const told = ({ live }: LiveProgress) =>
      live.map(({ rollout, counts, devices }) => ({ rollout: rollout.revision, counts, devices }));
    assert.deepEqual(
      progress.live.map((one) => [one.rollout.revision, one.counts, [...one.devices("")]]),
      anew.live.map((one) => [one.rollout.revision, one.counts, [...one.devices("")]]),
    );
    assert.ok(told);
    anew.close();
  }

  /** No wave opened but after its success had held, or because somebody said so. */
  async checkSteps(): Promise<void> {
    const { repository } = this.#rollouts.scene;
    for (const revision of this.revisions) {
      const steps = await repository.rollouts.steps(revision);
      const { bakeMs } = parseRollout(this.#given);
      for (const [i, { state, author, message }] of steps.entries()) {
        const before = steps[i - 1]?.state;
        if (!before || author !== "jamesd") continue;
        assert.ok(
          isLive(before) && before.status !== "paused",
          "nothing happens by itself to what is paused or over",
        );
        const isOnward =
          state.wave > before.wave || state.status === "finished" || state.status === "waiting";
        if (!isOnward) continue;
        assert.equal(before.status, "running");
        if (!message.includes("has no devices"))
          assert.ok(hasBaked(before, state, bakeMs), JSON.stringify(steps));
      }
    }
  }
}

/** When it opened a wave is known in time that the server ran. */
function hasBaked(before: RolloutState, after: RolloutState, bakeMs: number): boolean {
  if (before.steadyMs === undefined) return false;
  return after.wave === before.wave || after.openedMs - before.steadyMs >= bakeMs;
}

test("whatever devices, operators, outages and kills do: counters kept are those worked out anew, an outage changes nothing, no wave opens too early, and what is left alone ends, pauses or waits", async () => {
  await fc.assert(
    fc.asyncProperty(given, fc.array(op, { minLength: 5, maxLength: 25 }), async (rollout, ops) => {
      await using rollouts = await RolloutScene.open(IDS);
      await rollouts.scene.upload("ntp", ["n1"]);
      const trial = new Trial(rollouts, { ...SETTINGS, ...rollout });
      await trial.begin();
      for (const one of ops) {
        await trial.take(one);
        await trial.checkCounts();
      }
      await trial.checkSteps();
      const { waves } = parseRollout(rollout);
      const most = SETTINGS.patienceMs + SETTINGS.silenceMs + SETTINGS.bakeMs;
      await rollouts.pass(most * waves.length, MINUTE);
      for (const revision of trial.revisions)
        assert.notEqual((await rollouts.status(revision)).split(" ")[0], "running");
    }),
    { numRuns: 30 },
  );
});
