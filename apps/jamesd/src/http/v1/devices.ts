import type * as wire from "@jamesd/protocol";
import type { Clone } from "../../fleet/certificates.ts";
import type { DeviceSummary, DeviceView, ResolvedWish } from "../../fleet/device-view.ts";
import type { LockView } from "../../fleet/locks.ts";
import type { Underway } from "../../fleet/session.ts";
import type { Answer } from "./answer.ts";
import { driftOf, preparingOf, waitingOf, wireTransaction } from "./check-in.ts";
import { wireDesired, wireError, wireInstalled, wirePolicy, wireWindows } from "./nouns.ts";
import { type Waiting, wireWaiting } from "./waiting.ts";

/** A device as lists show it. */
export function wireDeviceInfo(device: DeviceSummary): Answer<wire.DeviceInfo> {
  const { id, connected, lastSeen, sync, revision, systemtags, apps } = device;
  const { givenTags, agent, drifted, problem, certEnds, nextTry, unmerged, waiting, preparing } = device;
  const { certIssuer, isCertLate, clone, lockedOut, clockOff } = device;
  return {
    ...{ id, connected, lastSeen, sync, revision, systemtags, apps: apps.map(wireInstalled) },
    ...{ givenTags, agent, problem: problem && wireError(problem), certEnds, nextTry, drifted, unmerged },
    ...{ certIssuer, certLate: isCertLate, ...(clone && { clone: wireClone(clone) }) },
    ...(lockedOut && { lockedOut: wireLock(lockedOut) }),
    ...(waiting && { waiting: waitingOf(waiting) }),
    ...(preparing && { preparing: wirePreparing(preparing) }),
    ...(clockOff !== null && { clockOff }),
  };
}

function wirePreparing({ ended, ...preparing }: Underway): Answer<wire.DeviceInfo["preparing"]> {
  return { ...preparingOf(preparing), ...(ended !== undefined && { ended }) };
}

/** A device with everything. */
export function wireDevice(device: DeviceView, waits: readonly Waiting[]): Answer<wire.Device> {
  const { agent, features, unmergedFiles, desired, specs, effective, target } = device;
  const { transaction, drift, verify, reinstall, problem, certSerial, isToRenew } = device;
  return {
    ...wireDeviceInfo(device),
    agent,
    features,
    unmergedFiles,
    desired: desired && wireDesired(desired),
    specs,
    effective: effective && {
      apps: effective.apps.map(wireWish),
      policy: wirePolicy(effective.policy),
      ...(effective.windows.length > 0 && { windows: wireWindows(effective.windows) }),
    },
    target,
    transaction: transaction && wireTransaction(transaction),
    drift: drift && driftOf(drift),
    verify,
    ...{ certSerial, ...(isToRenew && { renew: true }) },
    reinstall: reinstall && { id: reinstall.id, app: reinstall.app },
    problem: problem && wireError(problem),
    ...(waits.length > 0 && { waits: waits.map(wireWaiting) }),
  };
}

function wireClone({ serial, time, address }: Clone): Answer<wire.DeviceInfo>["clone"] {
  return { serial, time, address };
}

function wireLock({ time, author, reason }: LockView): Answer<wire.DeviceInfo>["lockedOut"] {
  return { time, author, reason };
}

function wireWish({ name, tags, spec, digest }: ResolvedWish) {
  return { name, tags, spec, digest };
}
