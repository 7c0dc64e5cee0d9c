import { formatDuration } from "../duration.ts";
import type { GivenRollout } from "./settings.ts";

/** A share as people write it. */
export function shareText(share: number): string {
  return `${Number((share * 100).toFixed(10))}%`;
}

/** How a change spreads the way people write it; nothing for what it does not say. */
export function planView(plan: GivenRollout) {
  const { waves, success, failures, bakeMs, silenceMs, patienceMs } = plan;
  const { attempts, inFlight, approve, onFailure } = plan;
  return {
    ...(waves && { waves }),
    ...(success !== undefined && { success: shareText(success) }),
    ...(failures !== undefined && { failures: shareText(failures) }),
    ...(bakeMs !== undefined && { bake: formatDuration(bakeMs) }),
    ...(silenceMs !== undefined && { silence: formatDuration(silenceMs) }),
    ...(patienceMs !== undefined && { patience: formatDuration(patienceMs) }),
    ...(attempts !== undefined && { attempts }),
    ...(inFlight !== undefined && { inFlight }),
    ...(approve && { approve }),
    ...(onFailure && { onFailure }),
  };
}

/** The same in a cell; - where nothing is said. */
export function planText(plan: GivenRollout | undefined): string {
  if (!plan) return "-";
  const texts = Object.entries(planView(plan)).map(([key, value]) => `${key}=${String(value)}`);
  return texts.join(" ") || "as by default";
}
