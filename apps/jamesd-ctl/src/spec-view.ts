import type { SpecMessage } from "@jamesd/protocol";
import { policyView } from "./policy-text.ts";

/** A spec in the form that `apply` reads. */
export function specView({ id, revision, selector, apps, policy }: SpecMessage) {
  return {
    id,
    revision,
    selector,
    ...policyView(policy),
    apps: apps.map(({ name, tags }) => ({ name, tags })),
  };
}
