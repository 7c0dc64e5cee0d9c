import type { DocumentKey, InstalledApp } from "@jamesd/model";
import { sameTags } from "@jamesd/model";
import type { Event, PacketInfo, Transaction } from "@jamesd/protocol";
import type { Origin } from "../origin.ts";
import type { DeviceRecord, RevisionRequest } from "./repository.ts";

type WithoutSequence<E> = E extends unknown ? Omit<E, "sequence"> : never;

/** An event that is not in the log yet. */
export type NewEvent = WithoutSequence<Event>;

/** How many documents of a revision are named. */
export const FIRST_DOCUMENTS = 20;
/** What the scripts of a transaction said is kept up to so many characters together. */
const MOST_OUTPUT = 65_536;

/** A packet came. */
export function packetAdded(info: PacketInfo, origin: Origin): NewEvent {
  return { kind: "packet-added", ...originOf(origin), ...packetOf(info) };
}

/** A packet went. */
export function packetRemoved(info: PacketInfo, origin: Origin): NewEvent {
  return { kind: "packet-removed", ...originOf(origin), ...packetOf(info) };
}

/** A revision was made. */
export function revisionMade(
  revision: number,
  changed: readonly DocumentKey[],
  { message, ...origin }: RevisionRequest,
): NewEvent {
  const documents = changed.slice(0, FIRST_DOCUMENTS).map(({ kind, id }) => ({ kind, id }));
  return {
    kind: "revision",
    ...originOf(origin),
    revision,
    message,
    documents,
    changed: changed.length,
  };
}

/** What a report says that was not known: nothing when it says the same once more. */
export function deviceReported(
  before: DeviceRecord | undefined,
  after: DeviceRecord,
  origin: Origin,
): readonly NewEvent[] {
  const from = { ...originOf(origin), device: after.id };
  const { transaction } = after;
  const ended: readonly NewEvent[] =
    transaction && !isSameEnd(before?.transaction ?? null, transaction)
      ? [{ kind: "transaction", ...from, transaction: withShortOutput(transaction) }]
      : [];
  if (!before) {
    const { agent, state } = after;
    const apps = state.apps.map(installed);
    return [
      { kind: "device-added", ...from, agent, state: { systemtags: [...state.systemtags], apps } },
      ...ended,
    ];
  }
  const changed = changesOf(before, after);
  return changed ? [...ended, { kind: "device-changed", ...from, ...changed }] : ended;
}

/** A device was forgotten. */
export function deviceRemoved(device: string, origin: Origin): NewEvent {
  return { kind: "device-removed", ...originOf(origin), device };
}

/** Somebody wants a failed transaction tried again. */
export function retryWished(device: string, failed: string, origin: Origin): NewEvent {
  return { kind: "retry", ...originOf(origin), device, failed };
}

function originOf({ author, address, time }: Origin): Origin {
  return { author, address, time };
}

function packetOf({ digest, name, tags }: PacketInfo) {
  return { packet: digest, name, tags };
}

// One that is stuck keeps its id when it is tried again.
function isSameEnd(a: Transaction | null, b: Transaction): boolean {
  return a?.id === b.id && a.outcome === b.outcome && a.attempt === b.attempt;
}

function changesOf({ state, agent }: DeviceRecord, now: DeviceRecord) {
  const apps = changedApps(state.apps, now.state.apps);
  const [before, after] = [state.systemtags, now.state.systemtags];
  const changes = {
    apps,
    ...(!sameTags(before, after) && { systemtags: { before: [...before], after: [...after] } }),
    ...(agent !== now.agent && { agent: { before: agent, after: now.agent } }),
  };
  return apps.length > 0 || changes.systemtags || changes.agent ? changes : undefined;
}

function changedApps(before: readonly InstalledApp[], after: readonly InstalledApp[]) {
  const [old, now] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was && is && was.digest === is.digest && sameTags(was.tags, is.tags)) return [];
    return [{ before: was ? installed(was) : null, after: is ? installed(is) : null }];
  });
}

function byName(apps: readonly InstalledApp[]): ReadonlyMap<string, InstalledApp> {
  return new Map(apps.map((app) => [app.name, app]));
}

function installed({ name, tags, digest }: InstalledApp) {
  return { name, tags: [...tags], digest };
}

// A device may send many a report: each must stay small.
function withShortOutput(transaction: Transaction): Transaction {
  const share = Math.floor(MOST_OUTPUT / Math.max(1, transaction.scripts.length));
  const shorten = (output: string): string => (share === 0 ? "" : output.slice(-share));
  const scripts = transaction.scripts.map((run) => ({ ...run, output: shorten(run.output) }));
  return { ...transaction, scripts };
}
