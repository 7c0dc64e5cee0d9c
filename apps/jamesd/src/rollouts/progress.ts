import { isLive } from "@jamesd/model";
import type { KnownDevice } from "../fleet/device.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import type { Views } from "../fleet/views.ts";
import type { Rollout, RolloutStore } from "../repository/rollout-store.ts";
import type { Part } from "../running/opened.ts";
import { Slices } from "../running/slices.ts";
import { Turns } from "../running/turns.ts";
import type { CountsLog } from "./counts-log.ts";
import type { Judging } from "./device-progress.ts";
import { RolloutProgress } from "./rollout-progress.ts";
import type { RunningTime } from "./running-time.ts";

/** Of a few devices each is looked for; for many all are gone through. */
const FEW = 500;
/** So often it starts again from what it has when others change what it looks at meanwhile; then later. */
const MOST_PASSES = 3;

/** What it is read from. */
export interface ProgressParts {
  readonly fleet: KnownFleet;
  readonly rollouts: Pick<RolloutStore, "steps">;
  readonly running: RunningTime;
  /** Notes how those that end were. */
  readonly counted: Pick<CountsLog, "end">;
}

/**
 * Where the devices of all live rollouts are. Kept true by looking again at those of which there is news, or whose time has
 * come; at all of them only when specs, packets or waves change. Nothing of it is stored: it is what is known of the devices.
 */
export class LiveProgress implements Part {
  readonly #parts: ProgressParts;
  readonly #turns = new Turns();
  readonly #live = new Map<number, RolloutProgress>();
  readonly #endNews: () => void;
  /** Those of which there was news since they were looked at. */
  #news = new Set<string>();
  #rollouts: readonly Rollout[] | undefined;
  /** By which all were looked at. */
  #views: Views | undefined;
  /** All of them were looked at since waves were opened. */
  #isWhole = false;
  /** Others are locked out than when that was looked at. */
  #areOthersOut = false;

  /** @param told of each device of a live rollout of which there is news */
  constructor(parts: ProgressParts, told: () => void = () => undefined) {
    this.#parts = parts;
    this.#endNews = parts.fleet.devices.news.listen((id) => {
      if (this.#live.size === 0) return;
      this.#news.add(id);
      told();
    });
    parts.fleet.locks.onChange((name) => {
      // That a device has a later certificate, of which its name is said, keeps none out.
      if (name !== undefined || this.#live.size === 0) return;
      this.#areOthersOut = true;
      told();
    });
  }

  /**
   * Brings it up to now. What fails has all looked at again the next time: whoever was not looked at would be nowhere, and a
   * wave without devices is passed over. @returns false: what devices should have changed again and again meanwhile, so that it is not
   */
  async now(): Promise<boolean> {
    return this.#turns.take("now", () =>
      this.#now().catch((err: unknown) => {
        this.#views = undefined;
        throw err;
      }),
    );
  }

  /** True when all of their devices were looked at since waves were opened. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The live rollouts as it was brought up last. */
  get live(): readonly RolloutProgress[] {
    return [...this.#live.values()];
  }

  /** One of them; undefined: that is none, or is over. */
  of(revision: number): RolloutProgress | undefined {
    return this.#live.get(revision);
  }

  close(): void {
    this.#endNews();
  }

  async #now(): Promise<boolean> {
    const { targets } = this.#parts.fleet;
    for (let pass = 0; pass < MOST_PASSES; pass += 1) {
      const { rollouts, current: views } = targets;
      if (rollouts !== this.#rollouts) await this.#take(rollouts);
      if (this.#live.size === 0) return true;
      if (this.#views?.isAlikeButOwn(views)) {
        // Of whom has something else of its own there is news.
        this.#views = views;
        await this.#lookAtNews();
        await this.#passTime();
      } else await this.#lookAtAll(views);
      await this.#leaveOut();
      this.#isWhole = true;
      if (targets.current === views && targets.rollouts === rollouts && this.#views === views) return true;
    }
    return false;
  }

  /** From now on these rollouts count. Where waves were opened there are other views as well, by which all are looked at. */
  async #take(rollouts: readonly Rollout[]): Promise<void> {
    const live = rollouts.filter(({ state }) => isLive(state));
    const there = new Set(live.map(({ revision }) => revision));
    for (const [revision, one] of this.#live) {
      if (there.has(revision)) continue;
      // Where the devices of a wave are that has just opened may not be known: then what was noted before is the last.
      if (this.#isWhole) await this.#parts.counted.end(one);
      this.#live.delete(revision);
    }
    for (const rollout of live) {
      const known = this.#live.get(rollout.revision);
      const isAsBefore = known?.rollout.waves.length === rollout.waves.length;
      const steps = isAsBefore ? undefined : await this.#parts.rollouts.steps(rollout.revision);
      if (!known) this.#live.set(rollout.revision, new RolloutProgress(rollout, steps ?? []));
      else known.become(rollout, steps);
    }
    this.#rollouts = rollouts;
    this.#isWhole = false;
  }

  async #lookAtNews(): Promise<void> {
    const ids = [...this.#news].filter((id) => this.live.some((one) => one.has(id)));
    this.#news = new Set();
    await this.#lookAtThese(ids);
  }

  async #lookAtThese(ids: readonly string[]): Promise<void> {
    this.#forgetGone(ids);
    await this.#look(this.#parts.fleet.devices.batchesOf(ids));
  }

  #forgetGone(ids: readonly string[]): void {
    const { devices } = this.#parts.fleet;
    for (const id of ids) if (!devices.isKnown(id)) for (const one of this.live) one.forget(id);
  }

  async #look(batches: AsyncIterable<readonly KnownDevice[]>): Promise<void> {
    const slices = new Slices();
    for await (const batch of batches)
      for (const device of batch) {
        if (slices.isOver) await slices.next();
        const judging = this.#judging();
        for (const one of this.live) one.look(device, judging);
      }
  }

  async #leaveOut(): Promise<void> {
    if (!this.#areOthersOut) return;
    this.#areOthersOut = false;
    const judging = this.#judging();
    for (const one of this.live) await one.leaveOut(judging);
  }

  async #passTime(): Promise<void> {
    const judging = this.#judging();
    for (const one of this.live) await one.passTime(judging);
  }

  async #lookAtAll(views: Views): Promise<void> {
    this.#views = views;
    // What is news from now on is looked at again.
    this.#news = new Set();
    const ids = this.live.flatMap(({ waves }) => waves.flatMap((wave) => wave.ids));
    if (ids.length <= FEW) return this.#lookAtThese(ids);
    this.#forgetGone(ids);
    const { devices } = this.#parts.fleet;
    await this.#look(devices.sketches("", ({ id }) => this.live.some((one) => one.has(id))));
  }

  #judging(): Judging {
    const { running, fleet } = this.#parts;
    const { presence, locks } = fleet;
    return { views: fleet.targets.current, presence, locks, running, now: running.reached() };
  }
}
