import type { WaveCounts } from "@jamesd/model";

/** How many devices of each open wave of a rollout were where. */
export interface NotedCounts {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly waves: readonly WaveCounts[];
}

/** How rollouts went. Nothing goes by it: where devices are follows from what is known of them, as long as a rollout is live. */
export interface RolloutCountStore {
  /** Notes how many devices of a rollout are where; what was noted for the same time is replaced. */
  note(revision: number, counts: NotedCounts): Promise<void>;
  /** What was noted of a rollout, oldest first; of more than `limit` the newest. */
  of(revision: number, limit: number): Promise<readonly NotedCounts[]>;
}
