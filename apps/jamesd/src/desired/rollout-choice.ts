import type { GivenRollout } from "@jamesd/model";
import type { AtOnceChoice } from "./at-once.ts";

/** How a change gets to devices: all at once unless it is said here, or by the specs that change. */
export interface RolloutChoice extends AtOnceChoice {
  /** In waves. */
  readonly plan?: GivenRollout | undefined;
  /** It takes the place of live rollouts of the same documents. */
  readonly supersede?: boolean | undefined;
  /** Also when it is what a rollout brought that was reverted. */
  readonly again?: boolean | undefined;
}
