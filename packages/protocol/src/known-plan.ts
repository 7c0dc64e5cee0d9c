import { isLater } from "@jamesd/model";
import type { AnyPlan, PlanMessage } from "./schema-checkin.ts";

/** True of a plan that this version can carry out. */
export function isKnownPlan(plan: AnyPlan): plan is PlanMessage {
  return !isLater("plan", plan);
}
