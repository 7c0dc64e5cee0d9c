import { isLive, PROGRESS, ROLLOUT_STATUSES } from "@jamesd/model";
import type { LiveProgress } from "../rollouts/progress.ts";
import type { Families, Readings } from "./family.ts";

/** How rollouts go. */
export const ROLLOUT_FAMILIES = {
  jamesd_rollouts: {
    type: "gauge",
    help: "rollouts that are not over, by what each does",
    labels: ["status"],
  },
  jamesd_rollout_devices: {
    type: "gauge",
    help: "devices of the open waves of rollouts that are not over, at the most four, by where each is",
    labels: ["rollout", "progress"],
  },
} as const satisfies Families;

const LIVE = ROLLOUT_STATUSES.filter((status) => isLive({ status }));

/** Reads them. */
export function rolloutReadings(
  progress: Pick<LiveProgress, "live" | "now">,
): Readings<typeof ROLLOUT_FAMILIES> {
  return {
    jamesd_rollouts: async () => {
      await progress.now();
      const statuses = progress.live.map(({ rollout }) => rollout.state.status);
      return LIVE.map((status) => ({
        labels: { status },
        value: statuses.filter((one) => one === status).length,
      }));
    },
    jamesd_rollout_devices: async () => {
      await progress.now();
      return progress.live.flatMap(({ rollout, counts }) =>
        PROGRESS.map((place) => ({
          labels: { rollout: `${rollout.revision}`, progress: place },
          value: counts.reduce((sum, wave) => sum + wave[place], 0),
        })),
      );
    },
  };
}
