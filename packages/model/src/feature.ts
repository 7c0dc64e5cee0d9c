import type { Packet } from "./packet.ts";
import type { Policy } from "./policy.ts";
import { hasMarks } from "./tag.ts";

/** The agent begins only in the windows of a plan. To one without, a plan is given only while they are open. */
export const WINDOWS = "windows";

/** The agent has an app of a plan go and come that is there already. */
export const REINSTALL = "reinstall";

/** The agent looks for drift, and knows what packets say of it. */
export const DRIFT_FEATURE = "drift";

/** The agent gets another certificate when it is asked to. */
export const RENEWAL = "renewal";

/** The agent asks anew when it is told that the plan which waits to be begun is not wanted any more. */
export const WITHDRAWING = "withdrawing";

/** The agent knows what a desired state says of scripts of what goes. */
const REMOVAL = "removal";

/** The agent takes packets whose name or tags have letters with marks. */
const MARKED_WORDS = "marked-words";

/** The agent gives files their capabilities. */
const CAPABILITIES = "file-capabilities";

/**
 * What an agent can do that the first ones could not, and that a device must not be asked for without it. An agent names
 * its features when it checks in with its state. What may be passed over needs none (docs/formats.md).
 */
export const FEATURES: readonly string[] = [
  CAPABILITIES,
  DRIFT_FEATURE,
  WINDOWS,
  REINSTALL,
  RENEWAL,
  WITHDRAWING,
  REMOVAL,
  MARKED_WORDS,
];

/** A policy as an agent with these features is told it: some of the earlier ones refuse a plan for a word that they do not know. */
export function policyFor(policy: Policy, features: readonly string[]): Policy {
  if (policy.removal === undefined || features.includes(REMOVAL)) return policy;
  const { removal: _, ...known } = policy;
  return known;
}

/** Which features an agent must have to install a packet. */
export function featuresOf({
  name,
  tags,
  manifest,
  volatile,
  policy,
}: Pick<Packet, "name" | "tags" | "manifest" | "volatile" | "policy">): readonly string[] {
  const isCapable = manifest.some((entry) => entry.type === "file" && entry.capability !== undefined);
  // To the first agents the digest of such a packet is wrong.
  const saysOfDrift = volatile.length > 0 || policy.drift !== undefined;
  const isMarked = [name, ...tags].some(hasMarks);
  return [
    ...(isMarked ? [MARKED_WORDS] : []),
    ...(isCapable ? [CAPABILITIES] : []),
    ...(saysOfDrift ? [DRIFT_FEATURE] : []),
  ];
}
