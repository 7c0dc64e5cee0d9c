import {
  type Digest,
  DRIFT_FEATURE,
  type JamesError,
  type PacketSummary,
  type Policy,
  policyFor,
  REINSTALL,
  RENEWAL,
} from "@jamesd/model";
import { type DeviceRecord, type GoWish, NEW_STANDING, type Reinstall } from "../device/device-record.ts";
import type { Followed, Report, Transaction } from "../device/report.ts";
import type { Presence } from "./presence.ts";
import { agentTooOld, haltError, noPacketFulfils, specsContradict, stateTooLarge } from "./problem.ts";
import type { OwnVersion, Resolvable } from "./resolver.ts";
import type { Deferral } from "./session.ts";
import type { TagSet } from "./tag-sets.ts";
import type { Target } from "./target.ts";

/** What is known of a device: a cache of the repository. */
export interface Device {
  readonly id: string;
  /** Undefined until it has checked in. */
  readonly record: DeviceRecord | undefined;
  /** stateDigest of the record's state. */
  readonly stateDigest: Digest | undefined;
  /** appsDigest of the record's apps. */
  readonly appsDigest: Digest | undefined;
  /** The tags by which it is chosen: those of the record's state, and those that it was given. */
  readonly tagSet: TagSet;
  /** What it should have of its own. */
  readonly own: OwnVersion | undefined;
  /** What it should have by what counts now; undefined when nobody wants anything for it, and nobody ever did. */
  readonly target: Target | undefined;
}

/** A device that has checked in. */
export type KnownDevice = Device & { readonly record: DeviceRecord };

/** True of a device that is there and has checked in. */
export function isKnown(device: Device | undefined): device is KnownDevice {
  return device?.record !== undefined;
}

/** The device as a resolver wants it. */
export function resolvable({ id, tagSet, record, own }: Omit<Device, "target">): Resolvable {
  return { id, tagSet, standing: record?.standing ?? NEW_STANDING, own };
}

/** Why a device does not get what is wanted for it; `isShort`: without the hint that takes a look at all packets of a name. @returns HISTORY_UNKNOWN, SPEC_CONFLICT, STATE_TOO_LARGE, NO_PACKET_FULFILS, AGENT_TOO_OLD or PATH_CONFLICT */
export function targetProblem(device: Device, isShort = false): JamesError | undefined {
  const { target } = device;
  return haltOf(device) ?? (target && targetError(device, target, isShort));
}

/** Why a device is left alone until an operator decides, when this is what it should have; undefined when it is not. */
export function haltOf(device: Device, target = device.target): JamesError | undefined {
  const { id, record } = device;
  const halt = record?.standing.halt;
  if (!halt) return undefined;
  // Whoever has said since then what this very device should have has decided, as long as nothing else is known against it.
  const isDecided = halt.reason === "unexplained" && (target?.wanted.ownRevision ?? 0) > halt.newest;
  return isDecided ? undefined : haltError(id, halt);
}

/** True when a device says that it followed something else than it said last; agents of earlier versions say nothing. */
export function isNewlyFollowed(followed: Followed | undefined, { record }: Device): boolean {
  const known = record?.standing.followed;
  return followed !== undefined && (followed.revision !== known?.revision || followed.seal !== known.seal);
}

/** Why a device cannot have a target, as far as that is known. */
export function targetError(device: Device, target: Target, isShort = false): JamesError | undefined {
  return obstacle(device, target)?.(isShort);
}

/** What keeps a device from having a target. Many are asked whether there is something; an error is made for who shows it. */
function obstacle(device: Device, target: Target): ((isShort: boolean) => JamesError) | undefined {
  const { id } = device;
  const { wanted, unfulfilled, isTooLarge, paths } = target;
  const { conflict } = wanted;
  if (conflict) return () => specsContradict(id, conflict);
  if (isTooLarge) return () => stateTooLarge(id);
  const [first] = unfulfilled;
  if (first) return (isShort) => noPacketFulfils(id, first, isShort);
  const beyond = beyondAgent(device, target);
  if (beyond) return () => agentTooOld(id, beyond);
  const { problem } = paths;
  return problem ? () => problem : undefined;
}

/** The first packet of a target that a device does not have and its agent cannot install. */
function beyondAgent({ record }: Device, { demanding }: Target): PacketSummary | undefined {
  // What has not checked in yet may have every feature.
  if (!record) return undefined;
  const { state, features: known } = record;
  return demanding.find(
    ({ digest, features = [] }) =>
      !features.every((feature) => known.includes(feature)) &&
      !state.apps.some((app) => app.digest === digest),
  );
}

/** How a device stands to what it should have (docs/terminology.md). */
export type SyncStatus =
  | "in-sync"
  | "pending"
  | "failed"
  | "unsatisfiable"
  | "halted"
  | "doubled"
  | "unmanaged";

/** Where a device stands between what it has and what it should have. */
export function syncStatus(
  device: Device,
  presence: Pick<Presence, "sent" | "double" | "preparing">,
): SyncStatus {
  const { id, target } = device;
  // What one of them has says nothing of the other.
  if (presence.double(id)) return "doubled";
  if (haltOf(device)) return "halted";
  if (!target) return "unmanaged";
  if (!isPossible(device)) return "unsatisfiable";
  if (wishedRetry(device) !== undefined) return "pending";
  // It takes no plan, so that one which was sent does not put it on its way.
  if (isStuck(device)) return "failed";
  if (presence.sent(id) !== undefined) return "pending";
  if (wishedReinstall(device)) return "pending";
  if (target.digest === device.appsDigest) return "in-sync";
  // A server that was started meanwhile knows of no plan that it sent.
  return failedTransaction(device) && !presence.preparing(id) ? "failed" : "pending";
}

/** True when the device can have a target, by default what it should have, as far as that is known. */
export function isPossible(device: Device, target = device.target): boolean {
  return target !== undefined && obstacle(device, target) === undefined;
}

/** The last transaction, when it was for the present target and did not succeed, or holds the device in between. */
export function failedTransaction(device: Device): Transaction | undefined {
  const transaction = device.record?.transaction;
  if (!transaction || transaction.outcome === "committed") return undefined;
  return isStuck(device) || transaction.target === device.target?.digest ? transaction : undefined;
}

/** The wish that the last transaction, which failed, be tried again now; it ends with the next report. */
export function wishedRetry(device: Device): string | undefined {
  const failed = failedTransaction(device);
  return failed && failed.id === device.record?.retry ? failed.id : undefined;
}

/** The wish that an app be installed again which a device has and should have, where its agent can do that. */
export function wishedReinstall({ record, target }: Device): Reinstall | undefined {
  const wish = record?.reinstall;
  if (!wish || !record.features.includes(REINSTALL)) return undefined;
  return hasAndShould({ record, target }, wish.app) ? wish : undefined;
}

/** True when a device has an app of that name, and should have one. */
export function hasAndShould({ record, target }: Pick<Device, "record" | "target">, app: string): boolean {
  return [record?.state.apps, target?.apps].every((apps) => apps?.some(({ name }) => name === app));
}

/** The conditions of a target as a device's agent is told them. */
export function heededPolicy({ record }: Pick<KnownDevice, "record">, { wanted }: Target): Policy {
  return policyFor(wanted.policy, record.features);
}

/** True when there is something to do for a device to be as it should: other packets, a repair, an app again. */
export function hasWork(device: Device): boolean {
  const { target, appsDigest } = device;
  return (
    target !== undefined &&
    (target.digest !== appsDigest || isToRepair(device) || wishedReinstall(device) !== undefined)
  );
}

/** True when a device has what it should have, and is to put right where it has drifted from that. */
export function isToRepair({ record, target, appsDigest }: Device): boolean {
  if (!record?.drift || !target || target.digest !== appsDigest || !canDrift(record)) return false;
  const { count, repairable } = record.drift;
  const policy = target.wanted.policy.drift;
  return policy === "repair" ? count > 0 : policy === undefined && repairable > 0;
}

/** True when an operator wants the certificate renewed that a device comes with, of this serial number. */
export function isToRenew({ record }: Device, serial: string | undefined): boolean {
  return serial !== undefined && record?.renew === serial && canRenew(record);
}

/** True when a device's agent gets another certificate when it is asked to. */
export function canRenew({ features }: Pick<DeviceRecord, "features">): boolean {
  return features.includes(RENEWAL);
}

/** True when a device's agent looks for drift. */
export function canDrift({ features }: Pick<DeviceRecord, "features">): boolean {
  return features.includes(DRIFT_FEATURE);
}

/** True when a report is news of what was to be tried again, and not the report of the failure once more. */
export function isAnswer(
  transaction: Transaction | undefined,
  { record }: Device,
  isRetrySent: boolean,
): boolean {
  if (transaction === undefined) return false;
  const known = record?.transaction;
  const isOld = transaction.id === known?.id && transaction.outcome === known.outcome;
  // One that is stuck keeps its id when it is tried again; before the device heard of that, it only started anew.
  return !isOld || (transaction.outcome === "stuck" && isRetrySent);
}

/** True when the device says that it leaves this target alone for a while; a newer revision of it is another order. */
export function isDeferred(
  device: Device,
  { deferred, waiting }: Pick<Report, "deferred" | "waiting">,
): boolean {
  const { record, target } = device;
  if (target === undefined || target.digest !== deferred) return false;
  if (waiting) return target.wanted.revision <= waiting.revision && isGoKnown(device, waiting.go);
  const transaction = record?.transaction;
  return transaction?.target !== deferred || target.wanted.revision <= transaction.revision;
}

/** True when a device waits to begin what is not wanted of it any more. @param asked what it says that it leaves alone */
export function isWithdrawn(device: Device, asked: Pick<Report, "deferred" | "waiting">): boolean {
  if (!asked.waiting) return false;
  const isWanted = hasWork(device) && isPossible(device) && !haltOf(device);
  return !isWanted || !isDeferred(device, asked);
}

/** True unless there is a wish that a device begin now, which it has not heard of: it says the id of what it was told last. */
export function isGoKnown(device: Device, told: string | undefined): boolean {
  const go = wishedGo(device);
  return go === undefined || go.id === told;
}

/** The wish that a device begin now with its target; undefined when there is none. */
export function wishedGo({ record, target }: Device): GoWish | undefined {
  const go = record?.go;
  return go && go.target === target?.digest ? go : undefined;
}

/** When a device tries again what it leaves alone, of what it said at `now`; null: it leaves nothing alone, or did not say. */
export function nextTry(device: Device, deferral: Deferral | undefined, now: number): number | null {
  if (!deferral || deferral.until <= now || wishedRetry(device) !== undefined) return null;
  return isStuck(device) || isDeferred(device, { ...deferral, deferred: deferral.target })
    ? deferral.until
    : null;
}

function isStuck({ record }: Device): boolean {
  return record?.transaction?.outcome === "stuck";
}
