import {
  appsDigest,
  type DesiredState,
  type Digest,
  type InstalledApp,
  stateDigest,
  type Unfulfilled,
} from "@jamesd/model";
import type { SyncStatus, Transaction } from "@jamesd/protocol";
import type { DeviceRecord } from "../repository/repository.ts";

/** The packets that a device should have, or why there are none for it. */
export interface Target {
  readonly apps: readonly InstalledApp[];
  /** appsDigest of `apps`. */
  readonly digest: Digest;
  readonly unfulfilled: readonly Unfulfilled[];
}

/** What the server holds in memory of a device: a cache of the repository, and the connection of the moment. */
export interface Member {
  readonly id: string;
  /** Undefined until it has checked in. */
  record: DeviceRecord | undefined;
  /** stateDigest of the record's state. */
  stateDigest: Digest | undefined;
  /** appsDigest of the record's apps. */
  appsDigest: Digest | undefined;
  desired: DesiredState | undefined;
  /** Undefined without a desired state. */
  target: Target | undefined;
  /** Milliseconds since the epoch; null when it never was. */
  lastSeen: number | null;
  /** The apps of the plan that it was sent, when it was not heard of since: what it reported last no longer counts. */
  sent: readonly InstalledApp[] | undefined;
  /** It was sent the wish that it try again. Forgotten when the server stops: then the wish is sent once more. */
  isRetrySent: boolean;
  /** The last connection was cut, and no check-in came since. */
  isCut: boolean;
  /** Ends the wait of a held check-in; undefined when none is held. */
  wake: (() => void) | undefined;
  /** Counts check-ins, so that one that was overtaken by a newer one does not take its place. */
  turn: number;
}

export function newMember(id: string): Member {
  return {
    id,
    record: undefined,
    stateDigest: undefined,
    appsDigest: undefined,
    desired: undefined,
    target: undefined,
    lastSeen: null,
    sent: undefined,
    isRetrySent: false,
    isCut: true,
    wake: undefined,
    turn: 0,
  };
}

/** Takes over what a device reported. */
export function setRecord(member: Member, record: DeviceRecord): void {
  member.record = record;
  member.stateDigest = stateDigest(record.state);
  member.appsDigest = appsDigest(record.state.apps);
  member.lastSeen = record.lastSeen;
}

/** Where a device stands between what it has and what it should have. */
export function syncStatus(member: Member): SyncStatus {
  const { target } = member;
  if (!target) return "unmanaged";
  if (target.unfulfilled.length > 0) return "unsatisfiable";
  if (member.sent || wishedRetry(member) !== undefined) return "pending";
  if (target.digest === member.appsDigest && !isStuck(member)) return "in-sync";
  return failedTransaction(member) ? "failed" : "pending";
}

/** The last transaction, when it was for the present target and did not succeed, or holds the device in between. */
export function failedTransaction(member: Member): Transaction | undefined {
  const transaction = member.record?.transaction;
  if (!transaction || transaction.outcome === "committed") return undefined;
  return isStuck(member) || transaction.target === member.target?.digest ? transaction : undefined;
}

/** The wish that the last transaction, which failed, be tried again now; it ends with the next report. */
export function wishedRetry(member: Member): string | undefined {
  const failed = failedTransaction(member);
  return failed && failed.id === member.record?.retry ? failed.id : undefined;
}

/** True when a report is news of what was to be tried again, and not the report of the failure once more. */
export function isAnswer(transaction: Transaction | undefined, { record, isRetrySent }: Member): boolean {
  if (transaction === undefined) return false;
  const known = record?.transaction;
  const isOld = transaction.id === known?.id && transaction.outcome === known.outcome;
  // One that is stuck keeps its id when it is tried again; before the device heard of that, it only started anew.
  return !isOld || (transaction.outcome === "stuck" && isRetrySent);
}

/** True when the device says that it leaves this target alone for a while; a newer revision of it is another order. */
export function isDeferred({ record, target, desired }: Member, deferred: string | undefined): boolean {
  if (target === undefined || target.digest !== deferred) return false;
  const transaction = record?.transaction;
  return transaction?.target !== deferred || (desired?.revision ?? 0) <= transaction.revision;
}

function isStuck({ record }: Member): boolean {
  return record?.transaction?.outcome === "stuck";
}
