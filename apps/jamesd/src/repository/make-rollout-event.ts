import type { NewEvent } from "./event.ts";
import { originOf } from "./origin.ts";
import type { NewStep, RolloutHead, StepRequest } from "./rollout-store.ts";

/** A rollout came a step further. @param before its step before; 0 when it begins */
export function rolloutStepped(
  before: Pick<RolloutHead, "revision" | "settings" | "step">,
  { state, opens = [] }: NewStep,
  { message, ...origin }: StepRequest,
): NewEvent {
  const { status, wave, trouble } = state;
  return {
    kind: "rollout",
    ...originOf(origin),
    rollout: before.revision,
    step: before.step + 1,
    ...{ status, wave, waves: before.settings.waves.length },
    ...(trouble && { trouble }),
    message,
    ...(opens.length > 0 && { devices: opens.reduce((sum, { ids }) => sum + ids.length, 0) }),
  };
}
