import type { Policy } from "./policy.ts";
import type { App } from "./state.ts";

/** A numbered, immutable version of the fleet's desired states. `parent` is null for the first. */
export interface Revision {
  readonly number: number;
  readonly parent: number | null;
  /** Common name of the certificate that made it. */
  readonly author: string;
  readonly message: string;
  /** Milliseconds since 1970-01-01T00:00:00Z, by the server's clock. */
  readonly time: number;
}

/** What one device should have, and the revision that said so last. */
export interface DesiredState {
  readonly id: string;
  readonly apps: readonly App[];
  readonly revision: number;
  readonly policy: Policy;
}
