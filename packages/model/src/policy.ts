import { JamesError } from "./error.ts";
import { parseWindows, sameWindows, type WindowPolicy } from "./window.ts";

/**
 * What happens where a packet wants to put something and stands something that no packet owns: `refuse` the whole plan,
 * `adopt` it when it has the same content, `overwrite` it.
 */
export const UNOWNED_POLICIES = ["refuse", "adopt", "overwrite"] as const;
export type UnownedPolicy = (typeof UNOWNED_POLICIES)[number];

/** What becomes of the owners of a packet's files: `keep` them as the packet has them, or `ignore` them, where a file system knows none. */
export const OWNERS_POLICIES = ["keep", "ignore"] as const;
export type OwnersPolicy = (typeof OWNERS_POLICIES)[number];

/** What becomes of drift: it is only told (`report`), or what is not as its packet has it is put right (`repair`). */
export const DRIFT_POLICIES = ["report", "repair"] as const;
export type DriftPolicy = (typeof DRIFT_POLICIES)[number];

/**
 * What the `prerm` and `postrm` of a packet that goes, or makes way for another one, can do about it: they have to succeed
 * (`strict`), they run and may fail (`forced`), or they are not run (`unscripted`).
 */
export const REMOVAL_POLICIES = ["strict", "forced", "unscripted"] as const;
export type RemovalPolicy = (typeof REMOVAL_POLICIES)[number];

/** The longest that a device waits for a proof before it undoes a transaction, in seconds. */
export const MAX_CONFIRM_SECONDS = 24 * 60 * 60;

/** What must be proved before a transaction is committed. */
export interface Confirm {
  /** The device must reach the server again within so many seconds. */
  readonly connectivity: number;
}

/** How a transaction is to be done; asked for by a packet, or by a desired state, whose word counts more. */
export interface Policy {
  readonly confirm?: Confirm | undefined;
  readonly unowned?: UnownedPolicy | undefined;
  readonly owners?: OwnersPolicy | undefined;
  readonly drift?: DriftPolicy | undefined;
  /** Not of a packet: what is wrong with its scripts is known when it is on devices. */
  readonly removal?: RemovalPolicy | undefined;
  /** When the device may change; not of a packet. */
  readonly window?: WindowPolicy | undefined;
}

/** Sees that a policy is possible. @throws JamesError REQUEST_INVALID */
export function parsePolicy({ confirm, unowned, owners, drift, removal, window }: Policy): Policy {
  const seconds = confirm?.connectivity;
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_CONFIRM_SECONDS))
    throw new JamesError(
      "REQUEST_INVALID",
      `a device cannot wait ${seconds} s to reach the server before it commits`,
      { hint: `Give whole seconds, from 1 to ${MAX_CONFIRM_SECONDS}.` },
    );
  return {
    ...(confirm && { confirm }),
    ...(unowned && { unowned }),
    ...(owners && { owners }),
    ...(drift && { drift }),
    ...(removal && { removal }),
    ...(window && { window: parseWindows(window) }),
  };
}

/** The longest time in which one of the policies wants the server reached; undefined when none does. */
export function connectivitySeconds(policies: readonly Policy[]): number | undefined {
  const times = policies.flatMap(({ confirm }) => (confirm ? [confirm.connectivity] : []));
  return times.length === 0 ? undefined : Math.max(...times);
}

/** True when both ask for the same. */
export function samePolicy(a: Policy, b: Policy): boolean {
  return (
    a.unowned === b.unowned &&
    a.owners === b.owners &&
    a.drift === b.drift &&
    a.removal === b.removal &&
    a.confirm?.connectivity === b.confirm?.connectivity &&
    sameWindows(a.window, b.window)
  );
}
