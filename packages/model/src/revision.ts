import type { Policy } from "./policy.ts";
import type { GivenRollout } from "./rollout/settings.ts";
import type { App } from "./state.ts";
import type { Tag } from "./tag.ts";

/** A numbered, immutable version of all that the fleet should have. `parent` is null for the first. */
export interface Revision {
  readonly number: number;
  readonly parent: number | null;
  /** Common name of the certificate that made it. */
  readonly author: string;
  readonly message: string;
  /** Milliseconds since 1970-01-01T00:00:00Z, by the server's clock. */
  readonly time: number;
}

/** What one device should have of its own, and the revision that said so last. */
export interface DesiredState {
  readonly id: string;
  readonly apps: readonly App[];
  readonly revision: number;
  readonly policy: Policy;
}

/** A desired state for every device that has all tags of the selector, and the revision that said so last. */
export interface Spec extends DesiredState {
  readonly selector: readonly Tag[];
  /** How a change of it spreads, unless the change says otherwise. */
  readonly rollout?: GivenRollout | undefined;
}
