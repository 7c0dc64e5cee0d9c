import { isLive, type RolloutDevice } from "@jamesd/model";
import type { Logger } from "pino";
import type { Changes } from "../desired/changes.ts";
import { broughtBy } from "../fleet/brought.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { broughtBy as inReach } from "../fleet/population.ts";
import type { Part } from "../running/opened.ts";
import { Advancing } from "./advancing.ts";
import { Ages } from "./ages.ts";
import { CountsLog } from "./counts-log.ts";
import { LiveProgress } from "./progress.ts";
import { Rollouts } from "./rollouts.ts";
import { RunningTime } from "./running-time.ts";
import { Steps } from "./steps.ts";
import { Ticker } from "./ticker.ts";

/** What rollouts work on. */
export interface RolloutsSettings {
  readonly fleet: Fleet;
  readonly changes: Changes;
  readonly population: (revision: number) => Promise<readonly RolloutDevice[]>;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since whenever, by a clock that nobody sets; `performance.now()` unless given. */
  readonly monotonic?: () => number;
}

/** The rollouts, and the job that has them advance; to be closed before the fleet. */
export interface OpenedRollouts extends Part {
  readonly rollouts: Rollouts;
  readonly progress: LiveProgress;
  /** When the server ran. */
  readonly running: RunningTime;
  /** Has all of them do now what they do by themselves. @returns true when there may be more to do */
  readonly round: () => Promise<boolean>;
  /** Waits for what is under way; nothing of them goes on after it. */
  close(): Promise<void>;
}

/** Begins to advance the rollouts that there are. */
export async function openRollouts(settings: RolloutsSettings): Promise<OpenedRollouts> {
  const { fleet, changes, population, log, now, monotonic } = settings;
  const { repository } = changes;
  const live = () => fleet.targets.rollouts.filter(({ state }) => isLive(state));
  const since = Math.min(now(), ...live().map(({ began }) => began));
  const running = await RunningTime.open(repository.runs, since, { now, monotonic }, () => live().length > 0);
  const ages = new Ages(running);
  const tell = (): void => ticker.tell();
  const counted = new CountsLog({ counts: repository.rolloutCounts, now });
  const progress = new LiveProgress({ fleet, rollouts: repository.rollouts, running, counted }, tell);
  const steps = new Steps({ changes, flushSeen: () => fleet.flushSeen(), population });
  const brought = (revision: number) => inReach(fleet, revision);
  const advancing = new Advancing({ changes, progress, counted, running, ages, steps, brought, log, now });
  const round = async (): Promise<boolean> => {
    const isMore = await advancing.round();
    tellBusy(progress, fleet.admission);
    fleet.admission.judged();
    return isMore;
  };
  const ticker = new Ticker(round);
  const { commands } = fleet;
  return {
    rollouts: new Rollouts({
      ...{ changes, progress, counted, ages, steps },
      commands,
      ...{ population, now, tell, brought: (revision: number) => broughtBy(fleet, revision) },
    }),
    ...{ progress, running, round },
    close: async () => {
      await ticker.close();
      progress.close();
      await running.close();
    },
  };
}

/** After a start: whoever was reached and came to no end may be in between. */
function tellBusy(progress: LiveProgress, admission: Fleet["admission"]): void {
  if (!progress.isWhole) return;
  for (const revision of admission.untold) {
    const busy: string[] = [];
    for (const device of progress.of(revision)?.devices("") ?? [])
      if (device.progress === "busy") busy.push(device.id);
    admission.told(revision, busy);
  }
}
