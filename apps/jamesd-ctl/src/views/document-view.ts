import { type App, type GivenRollout, type Policy, planView, policyView } from "@jamesd/model";

/** What a desired state, or with its selector a spec, says at a revision. */
interface Shown {
  readonly id: string;
  readonly revision: number;
  readonly selector?: readonly string[];
  readonly apps: readonly App[];
  readonly policy: Policy;
  readonly rollout?: GivenRollout | undefined;
  /** The live rollout that spreads it, and the revision of what others have. */
  readonly spreads?: { readonly revision: number; readonly stable: number } | undefined;
}

/** A desired state or a spec in the form that `apply` reads. */
export function documentView({ id, revision, selector, apps, policy, rollout, spreads }: Shown) {
  return {
    id,
    revision,
    ...(selector && { selector }),
    ...policyView(policy),
    ...((rollout || spreads) && { rollout: { ...(rollout && planView(rollout)), ...spreads } }),
    apps: apps.map(({ name, tags }) => ({ name, tags })),
  };
}
