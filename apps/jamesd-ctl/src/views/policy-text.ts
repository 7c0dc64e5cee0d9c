import { formatDuration, parseDuration } from "@jamesd/config";
import {
  type Confirm,
  DRIFT_POLICIES,
  type DriftPolicy,
  JamesError,
  MAX_CONFIRM_SECONDS,
  OWNERS_POLICIES,
  type OwnersPolicy,
  type Policy,
  UNOWNED_POLICIES,
  type UnownedPolicy,
} from "@jamesd/model";

const DEFAULT_SECONDS = 300;

/** Reads `connectivity` or `connectivity=2m`. @throws JamesError USAGE */
export function parseConfirm(text: string): Confirm {
  const [what, time] = text.split(/=(.*)/s);
  const seconds = time === undefined ? DEFAULT_SECONDS : Math.ceil(parseDuration(time) / 1000);
  if (what === "connectivity" && seconds >= 1 && seconds <= MAX_CONFIRM_SECONDS)
    return { connectivity: seconds };
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not what a device can confirm`, {
    hint: "Write connectivity, or connectivity=TIME with a time from 1s to 1d.",
  });
}

/** Reads `refuse`, `adopt` or `overwrite`. @throws JamesError USAGE */
export function parseUnowned(text: string): UnownedPolicy {
  const found = UNOWNED_POLICIES.find((policy) => policy === text);
  if (found) return found;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not a policy for files that no packet owns`, {
    hint: `Write one of ${UNOWNED_POLICIES.join(", ")}.`,
  });
}

/** Reads `keep` or `ignore`. @throws JamesError USAGE */
export function parseOwners(text: string): OwnersPolicy {
  const found = OWNERS_POLICIES.find((policy) => policy === text);
  if (found) return found;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not a policy for the owners of files`, {
    hint: `Write one of ${OWNERS_POLICIES.join(", ")}.`,
  });
}

/** Reads `report` or `repair`. @throws JamesError USAGE */
export function parseDrift(text: string): DriftPolicy {
  const found = DRIFT_POLICIES.find((policy) => policy === text);
  if (found) return found;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not a policy for drift`, {
    hint: `Write one of ${DRIFT_POLICIES.join(", ")}.`,
  });
}

/** A policy the way people write it; nothing for what it does not say. */
export function policyView({ confirm, unowned, owners, drift }: Policy) {
  return {
    ...(confirm && { confirm: `connectivity=${formatDuration(confirm.connectivity * 1000)}` }),
    ...(unowned && { unowned }),
    ...(owners && { owners }),
    ...(drift && { drift }),
  };
}
