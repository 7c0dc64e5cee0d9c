import { type Advance, advance, advanced, type OpenedWave } from "@jamesd/model";
import type { Logger } from "pino";
import type { Changes } from "../desired/changes.ts";
import type { StepRequest } from "../repository/rollout-store.ts";
import type { Ages } from "./ages.ts";
import type { CountsLog } from "./counts-log.ts";
import { type EmptyWaveParts, emptyWave } from "./empty-wave.ts";
import type { LiveProgress } from "./progress.ts";
import { Retries } from "./retries.ts";
import type { RolloutProgress } from "./rollout-progress.ts";
import type { RunningTime } from "./running-time.ts";
import { isEmpty, whyOf } from "./step-words.ts";
import type { Steps } from "./steps.ts";

/** Success that was lost counts again after so long at the earliest: a device that says now this and now that has few steps written. */
const REGAINED_MS = 60_000;

/** So often it is looked whether the wave that waits for an approval still has devices: all of them are looked at for it. */
const LOOK_AHEAD_MS = 5 * 60_000;

/** What rollouts are advanced with. */
export interface AdvancingParts extends EmptyWaveParts {
  readonly changes: Pick<Changes, "take">;
  readonly progress: LiveProgress;
  readonly counted: Pick<CountsLog, "look">;
  readonly running: Pick<RunningTime, "reached" | "counted">;
  readonly ages: Ages;
  readonly steps: Steps;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a rollout does next, and with which devices a wave opens, where they are known. */
interface Meant {
  readonly did: Advance;
  readonly opening?: readonly OpenedWave[];
}

/** Has each live rollout do what it does by itself. */
export class Advancing {
  readonly #parts: AdvancingParts;
  readonly #retries = new Retries();
  /** When they lost success, in milliseconds in which the server ran since they began. */
  readonly #lost = new WeakMap<RolloutProgress, number>();
  /** When it was looked whether the wave that they wait for has devices, by the same time. */
  readonly #looked = new WeakMap<RolloutProgress, number>();

  constructor(parts: AdvancingParts) {
    this.#parts = parts;
  }

  /** Looks at all of them now; what fails of one keeps no other. @returns true when there may be more to do right after it */
  async round(): Promise<boolean> {
    const { progress, counted, running } = this.#parts;
    // Also while nothing is rolled out: it sees by that whether the machine slept.
    running.reached();
    running.counted();
    const isCurrent = await this.#try("where their devices are", () => progress.now());
    if (isCurrent !== true) return isCurrent === false;
    let isMore = false;
    for (const one of progress.live) {
      const { revision } = one.rollout;
      await this.#try(`counts of rollout ${revision}`, () => counted.look(one));
      const isStepped = await this.#try(`rollout ${revision}`, () => this.#advance(revision));
      isMore ||= isStepped ?? false;
    }
    return isMore;
  }

  /** What fails is done again in a later round. @returns undefined: it failed, or it is not its turn yet */
  async #try<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    if (!this.#retries.isTurn(what)) return undefined;
    try {
      const done = await work();
      this.#retries.succeeded(what);
      return done;
    } catch (err) {
      this.#retries.failed(what);
      this.#parts.log.error({ err }, `rollouts could not be looked at (${what}); this is tried again`);
      return undefined;
    }
  }

  async #advance(revision: number): Promise<boolean> {
    // Most of the time there is nothing to do, and no turn to wait for.
    if (!this.#next(revision) && !(await this.#waitsForNobody(revision))) return false;
    return this.#parts.changes.take(async (judgedAt) => {
      const { progress, ages, steps } = this.#parts;
      if (!(await progress.now())) return true;
      const one = progress.of(revision);
      const meant = one && (await this.#meant(one, this.#next(revision)));
      if (!one || !meant) return false;
      const { rollout } = one;
      const { did, opening } = meant;
      const state = advanced(rollout.state, did, ages.of(rollout));
      const request = this.#request(one, did);
      if (did.kind === "revert") await steps.revert(rollout, state, request, judgedAt);
      else await steps.step(rollout, state, request, { opening });
      if (did.kind === "unsteady") this.#lost.set(one, ages.of(rollout));
      this.#tell(one, did, request);
      return true;
    });
  }

  #next(revision: number): Advance | undefined {
    const one = this.#parts.progress.of(revision);
    if (!one) return undefined;
    const { settings, state } = one.rollout;
    const sizes = one.rollout.waves.map(({ ids }) => ids.length);
    const nowMs = this.#parts.ages.of(one.rollout);
    const did = advance(settings, state, one.counts, nowMs, sizes);
    const lost = this.#lost.get(one) ?? Number.NEGATIVE_INFINITY;
    const isTooSoon = nowMs - lost < Math.min(REGAINED_MS, settings.bakeMs);
    return did?.kind === "steady" && isTooSoon ? undefined : did;
  }

  /** Of a wave that has no devices nobody can approve anything: it opens without. */
  async #meant(one: RolloutProgress, does: Advance | undefined): Promise<Meant | undefined> {
    const meant = does && { did: does };
    if (does ? does.kind !== "wait" : one.rollout.state.status !== "waiting") return meant;
    const opening = await emptyWave(one, this.#parts);
    return opening ? { did: { kind: "open" }, opening } : meant;
  }

  /** True of one whose next wave has lost its devices while it waits for an approval; found out without keeping changes waiting. */
  async #waitsForNobody(revision: number): Promise<boolean> {
    const { progress, ages } = this.#parts;
    const one = progress.of(revision);
    if (one?.rollout.state.status !== "waiting") return false;
    const nowMs = ages.of(one.rollout);
    const looked = this.#looked.get(one);
    if (looked !== undefined && nowMs - looked < LOOK_AHEAD_MS) return false;
    this.#looked.set(one, nowMs);
    return (await emptyWave(one, this.#parts)) !== undefined;
  }

  #request(one: RolloutProgress, did: Advance): StepRequest {
    return { author: "jamesd", address: "localhost", time: this.#parts.now(), message: whyOf(one, did) };
  }

  #tell({ rollout, counts }: RolloutProgress, did: Advance, { message }: StepRequest): void {
    const { log } = this.#parts;
    const { revision } = rollout;
    if (did.kind === "steady" || did.kind === "unsteady") return;
    const ended = did.kind === "pause" ? " is paused" : did.kind === "revert" ? " is reverted" : "";
    const said = `rollout ${revision}${ended}: ${message}`;
    const isTrouble = did.kind === "pause" || did.kind === "revert" || isEmpty(counts.at(-1));
    if (isTrouble) log.warn({ rollout: revision }, said);
    else log.info({ rollout: revision }, said);
  }
}
