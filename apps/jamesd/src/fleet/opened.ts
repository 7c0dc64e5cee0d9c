import type { Rollout } from "../repository/rollout-store.ts";
import type { Device } from "./device.ts";
import type { Views } from "./views.ts";

/** What counts at a time. */
export interface Counting {
  readonly current: Views;
  readonly rollouts: readonly Rollout[];
}

/** Which devices have to look again after rollouts went on: those for which a wave opened, one ended, or goes on that was paused. Undefined: none. */
export function opened(
  before: Counting,
  after: Counting,
): ((device: Pick<Device, "id" | "tagSet">) => boolean) | undefined {
  const known = new Set(before.current.layers.map(({ revision }) => revision));
  const resumed = resumedOf(before.rollouts, after.rollouts);
  if (before.current === after.current && resumed.size === 0) return undefined;
  return (device) => {
    const closed = new Set(after.current.closedTo(device));
    return (
      before.current.closedTo(device).some((revision) => !closed.has(revision)) ||
      after.current.openTo(device).some((revision) => !known.has(revision) || resumed.has(revision))
    );
  };
}

function resumedOf(before: readonly Rollout[], after: readonly Rollout[]): ReadonlySet<number> {
  const paused = new Set(before.filter(isPaused).map(({ revision }) => revision));
  return new Set(after.flatMap((one) => (paused.has(one.revision) && !isPaused(one) ? [one.revision] : [])));
}

function isPaused({ state }: Rollout): boolean {
  return state.status === "paused";
}

/** True when the same rollouts with the same waves count: the steps between only say how they are. */
export function isSpreadAlike(before: readonly Rollout[], after: readonly Rollout[]): boolean {
  return (
    before.length === after.length &&
    after.every(({ revision, waves }, i) => {
      const known = before[i];
      return known?.revision === revision && known.waves.length === waves.length;
    })
  );
}
