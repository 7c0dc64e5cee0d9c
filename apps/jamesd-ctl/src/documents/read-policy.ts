import { parseDuration } from "@jamesd/config";
import {
  type Confirm,
  DRIFT_POLICIES,
  type DriftPolicy,
  JamesError,
  MAX_CONFIRM_SECONDS,
  OWNERS_POLICIES,
  type OwnersPolicy,
  REMOVAL_POLICIES,
  type RemovalPolicy,
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
  return policyWord(UNOWNED_POLICIES, text, "files that no packet owns");
}

/** Reads `keep` or `ignore`. @throws JamesError USAGE */
export function parseOwners(text: string): OwnersPolicy {
  return policyWord(OWNERS_POLICIES, text, "the owners of files");
}

/** Reads `report` or `repair`. @throws JamesError USAGE */
export function parseDrift(text: string): DriftPolicy {
  return policyWord(DRIFT_POLICIES, text, "drift");
}

/** Reads `strict`, `forced` or `unscripted`. @throws JamesError USAGE */
export function parseRemoval(text: string): RemovalPolicy {
  return policyWord(REMOVAL_POLICIES, text, "scripts of what goes");
}

function policyWord<W extends string>(words: readonly W[], text: string, what: string): W {
  const found = words.find((word) => word === text);
  if (found) return found;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not a policy for ${what}`, {
    hint: `Write one of ${words.join(", ")}.`,
  });
}
