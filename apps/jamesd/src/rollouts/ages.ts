import { isLive } from "@jamesd/model";
import type { Rollout } from "../repository/rollout-store.ts";
import type { RunningTime } from "./running-time.ts";

/** Of which rollout. */
export type Aged = Pick<Rollout, "revision" | "began" | "state">;

/**
 * How old rollouts are, in milliseconds in which the server ran since they began: what bakes and patience are measured by. While
 * this process runs it goes by no clock that is set. After a start it is told by when the server ran, and is at least what it was
 * at the newest step.
 */
export class Ages {
  readonly #running: Pick<RunningTime, "ran" | "counted">;
  /** What to add to what this process counted, of live ones. */
  readonly #offsets = new Map<number, number>();

  constructor(running: Pick<RunningTime, "ran" | "counted">) {
    this.#running = running;
  }

  /** How old one is now, in whole milliseconds. */
  of({ revision, began, state }: Aged): number {
    const counted = this.#running.counted();
    const known = this.#offsets.get(revision);
    if (known !== undefined && isLive(state)) return counted + known;
    const age = Math.ceil(Math.max(this.#running.ran(began), state.openedMs, state.steadyMs ?? 0));
    if (isLive(state)) this.#offsets.set(revision, age - counted);
    else this.#offsets.delete(revision);
    return age;
  }
}
