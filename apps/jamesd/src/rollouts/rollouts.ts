import { JamesError, type Progress, type WaveCounts } from "@jamesd/model";
import type { BroughtPacket } from "../fleet/brought.ts";
import type { DeviceCommands } from "../fleet/device-commands.ts";
import type { Origin } from "../repository/origin.ts";
import type { NotedCounts } from "../repository/rollout-count-store.ts";
import type { ListedRollout, RolloutQuery, StepRequest } from "../repository/rollout-store.ts";
import { type CommandParts, Commands, type RolloutCommand, unknownRollout } from "./commands.ts";
import type { CountsLog } from "./counts-log.ts";
import { KeptBriefly } from "./kept-briefly.ts";
import type { RolloutProgress, WaveDevice } from "./rollout-progress.ts";
import { type RolloutView, viewOf } from "./rollout-view.ts";
import { WaveSizes, type WaveSizesParts } from "./wave-sizes.ts";

/** So many wishes to try again are written together. */
const RETRIED_TOGETHER = 100;
/** Why a device is not to try again. */
const PASSED_OVER: ReadonlySet<string> = new Set(["DEVICE_UNKNOWN", "HISTORY_UNKNOWN", "RETRY_NOT_NEEDED"]);

/** What rollouts are shown and told with. */
export interface RolloutsParts extends CommandParts, WaveSizesParts {
  readonly commands: Pick<DeviceCommands, "retry">;
  readonly counted: CountsLog;
  /** Which packets a live one brings. */
  readonly brought: (revision: number) => Promise<readonly BroughtPacket[]>;
  /** Is told that something happened. */
  readonly tell: () => void;
}

/** Which devices of open waves to list. */
export interface WaveDeviceQuery {
  /** From 1. */
  readonly wave?: number | undefined;
  readonly progress?: Progress | undefined;
  /** Only those with a larger id. */
  readonly after: string;
  readonly limit: number;
}

/** A rollout in a list, with how many devices of its open waves are where, or were last; undefined: nobody knows. */
export interface CountedRollout extends ListedRollout {
  readonly counts: readonly WaveCounts[] | undefined;
}

/** How many devices are to try again. */
export interface Retried {
  readonly retried: number;
  /** The rollout is paused: they do when it goes on. */
  readonly waits: boolean;
}

/** The rollouts, for people. */
export class Rollouts {
  readonly #parts: RolloutsParts;
  readonly #commands: Commands;
  readonly #sizes: WaveSizes;
  readonly #brought: KeptBriefly<readonly BroughtPacket[]>;

  constructor(parts: RolloutsParts) {
    this.#parts = parts;
    this.#commands = new Commands(parts);
    this.#sizes = new WaveSizes(parts);
    this.#brought = new KeptBriefly(parts.now);
  }

  /** Newest first. */
  async list(query: Pick<RolloutQuery, "isLive" | "before" | "limit">): Promise<readonly CountedRollout[]> {
    const { changes, progress: live, counted } = this.#parts;
    await live.now();
    const listed: CountedRollout[] = [];
    for (const rollout of await changes.repository.rollouts.list(query)) {
      const counts = live.of(rollout.revision)?.counts ?? (await counted.last(rollout.revision))?.waves;
      listed.push({ ...rollout, counts });
    }
    return listed;
  }

  /** How one is. @throws JamesError ROLLOUT_UNKNOWN */
  async get(revision: number): Promise<RolloutView> {
    const { changes, progress: live, counted, ages } = this.#parts;
    const { rollouts } = changes.repository;
    await live.now();
    const progress = live.of(revision);
    const rollout = progress?.rollout ?? (await rollouts.get(revision));
    if (!rollout) throw unknownRollout(revision);
    const steps = await rollouts.steps(revision);
    const isWhole = !progress || rollout.waves.length >= rollout.settings.waves.length;
    const sizes = isWhole ? undefined : await this.#sizes.of(rollout);
    const noted = progress ? undefined : await counted.last(revision);
    return viewOf({ rollout, steps, progress, noted, nowMs: ages.of(rollout), sizes });
  }

  /** Which packets a live one brings to how many devices, in the place of which; of one that is over none. @throws JamesError ROLLOUT_UNKNOWN */
  async packets(revision: number): Promise<readonly BroughtPacket[]> {
    const one = await this.#live(revision);
    return one ? this.#brought.of(revision, undefined, () => this.#parts.brought(revision)) : [];
  }

  /** How many devices of its waves were where as it went on, oldest first. @throws JamesError ROLLOUT_UNKNOWN */
  async counts(revision: number): Promise<readonly NotedCounts[]> {
    const { counted, now } = this.#parts;
    const one = await this.#live(revision);
    const noted = await counted.of(revision);
    return one ? [...noted, { time: now(), waves: one.counts }] : noted;
  }

  /** The devices of open waves of one that is live, by id; of one that is over none. @throws JamesError ROLLOUT_UNKNOWN */
  async devices(
    revision: number,
    { wave, progress, after, limit }: WaveDeviceQuery,
  ): Promise<readonly WaveDevice[]> {
    const one = await this.#live(revision);
    const found: WaveDevice[] = [];
    for (const device of one?.devices(after) ?? []) {
      if (wave !== undefined && device.wave !== wave) continue;
      if (progress !== undefined && device.progress !== progress) continue;
      if (found.length === limit) break;
      found.push(device);
    }
    return found;
  }

  /** Where the devices of one are; undefined: it is over. @throws JamesError ROLLOUT_UNKNOWN */
  async #live(revision: number): Promise<RolloutProgress | undefined> {
    const { changes, progress } = this.#parts;
    await progress.now();
    const one = progress.of(revision);
    if (!one && !(await changes.repository.rollouts.get(revision))) throw unknownRollout(revision);
    return one;
  }

  /** Has one do what somebody tells it. @throws JamesError ROLLOUT_UNKNOWN, ROLLOUT_STATUS, FOUR_EYES, SCOPE_EXCEEDED */
  async tell(revision: number, command: RolloutCommand, request: StepRequest): Promise<RolloutView> {
    await this.#commands.tell(revision, command, request);
    this.#parts.tell();
    return this.get(revision);
  }

  /** Has the failed devices of its open waves try again. @throws JamesError ROLLOUT_UNKNOWN, SCOPE_EXCEEDED */
  async retry(revision: number, origin: Origin): Promise<Retried> {
    const limit = Number.POSITIVE_INFINITY;
    const failed = await this.devices(revision, { progress: "failed", after: "", limit });
    let retried = 0;
    for (let i = 0; i < failed.length; i += RETRIED_TOGETHER) {
      const some = failed.slice(i, i + RETRIED_TOGETHER).map(({ id }) => this.#retry(id, origin));
      retried += (await Promise.all(some)).filter(Boolean).length;
    }
    return { retried, waits: this.#parts.progress.of(revision)?.rollout.state.status === "paused" };
  }

  /** @returns false: it needs no retry any more, or cannot have it */
  #retry(id: string, origin: Origin): Promise<boolean> {
    return this.#parts.commands.retry(id, origin).then(
      () => true,
      (thrown: unknown) => {
        if (thrown instanceof JamesError && PASSED_OVER.has(thrown.code)) return false;
        throw thrown;
      },
    );
  }
}
