import type { Run } from "@jamesd/model";

/** When the server ran. */
export interface RunStore {
  /** Notes that it ran; one that began at the same time goes on. What no live rollout can ask for any more is forgotten. */
  note(run: Run): Promise<void>;
  /** The runs that reach beyond a time, oldest first. */
  since(time: number): Promise<readonly Run[]>;
}
