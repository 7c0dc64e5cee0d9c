import type { App, GivenRollout, Policy } from "@jamesd/model";
import { policyView } from "./policy-text.ts";
import { planView } from "./rollout-plan-text.ts";

/** What a desired state, or with its selector a spec, says at a revision. */
interface Shown {
  readonly id: string;
  readonly revision: number;
  readonly selector?: readonly string[];
  readonly apps: readonly App[];
  readonly policy: Policy;
  readonly rollout?: GivenRollout | undefined;
}

/** A desired state or a spec in the form that `apply` reads. */
export function documentView({ id, revision, selector, apps, policy, rollout }: Shown) {
  return {
    id,
    revision,
    ...(selector && { selector }),
    ...policyView(policy),
    ...(rollout && { rollout: planView(rollout) }),
    apps: apps.map(({ name, tags }) => ({ name, tags })),
  };
}
