import type { Digest, InstalledApp, Policy, Step, Window } from "@jamesd/model";
import type { GoWish, Reinstall } from "./device-record.ts";

/** The way of a device to its target. */
export interface PlanOrder {
  /** The digest of `apps`. */
  readonly target: Digest;
  readonly revision: number;
  readonly steps: readonly Step[];
  /** What is installed when every step is done. */
  readonly apps: readonly InstalledApp[];
  /** The desired state's; counts more than a packet's. */
  readonly policy: Policy;
  /** When it may be begun: of each list one window must be open. */
  readonly windows: readonly (readonly Window[])[];
  /** An operator wants it begun now. */
  readonly go?: Pick<GoWish, "id" | "breakLock"> | undefined;
  /** To be sent back once this is carried out: by it the server knows the revision again. */
  readonly seal?: string | undefined;
  /** The failed transaction after which an operator asked for another try. */
  readonly retry?: string | undefined;
  /** What is installed is to be put right where it has drifted. */
  readonly repair?: true | undefined;
  /** An app that goes and comes though it is there. */
  readonly reinstall?: Reinstall | undefined;
}

/** There is nothing to do; the device is not held, and asks again after so many milliseconds. */
export interface Later {
  readonly askAgainMs: number;
  readonly plan?: undefined;
}

/**
 * What a device is told to do: to tell its state, which the server does not know; to leave what it prepares, and ask anew;
 * to carry out a plan; to look at all contents, or to get another certificate, as an operator wished.
 */
export type Order =
  | { readonly tellState: true; readonly plan?: undefined }
  | { readonly leave: true; readonly plan?: undefined }
  | { readonly verify: string; readonly plan?: undefined }
  | { readonly renew: true; readonly plan?: undefined }
  | Later
  | { readonly plan: PlanOrder };
