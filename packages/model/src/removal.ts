import type { ScriptName } from "./packet.ts";
import type { Plan } from "./plan.ts";
import type { Policy } from "./policy.ts";

/** Whether a script is one that says goodbye to its packet. */
export function isOfRemoval(script: ScriptName): boolean {
  return script === "prerm" || script === "postrm";
}

/** The plan as it is carried out: without the scripts of what goes, where the desired state does not want them run. */
export function withRemoval(plan: Plan, { removal }: Policy): Plan {
  if (removal !== "unscripted") return plan;
  const steps = plan.steps.filter((step) => step.kind !== "script" || !isOfRemoval(step.script));
  return { ...plan, steps };
}
