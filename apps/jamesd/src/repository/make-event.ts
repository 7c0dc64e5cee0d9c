import type { DeviceState, DocumentKey, Halt, InstalledApp, Tag } from "@jamesd/model";
import { NO_DRIFT, sameDrift, sameTags } from "@jamesd/model";
import type { CertificateId } from "@jamesd/pki/certificate-id";
import type { DeviceRecord, Keep, Reinstall } from "../device/device-record.ts";
import type { Transaction } from "../device/report.ts";
import type { Double } from "../device/voice.ts";
import type { IssuedCertificate } from "./certificate-store.ts";
import type { Difference, NewEvent } from "./event.ts";
import { beginningOf, endOf, firstOf, lastOf } from "./event-size.ts";
import { type Origin, originOf } from "./origin.ts";
import type { PacketInfo } from "./packet-info.ts";
import type { RevisionRequest } from "./revision-store.ts";
import type { Revocation } from "./revocation-store.ts";

/** How many documents of a revision are named. */
export const FIRST_DOCUMENTS = 20;

// What a device may have in one event, in bytes of JSON: it may send many a report, each of megabytes.
/** What the scripts of a transaction said, together. */
const MOST_OUTPUT = 65_536;
/** What else there is to say of these scripts. */
const MOST_RUNS = 32_768;
const MOST_APPS = 32_768;
const MOST_TAGS = 16_384;
const MOST_PATHS = 16_384;
const MOST_MESSAGE = 4096;
const MOST_HINT = 1024;
const MOST_CODE = 128;
/** Each of the lists of what has drifted. */
const MOST_DRIFT = 8192;

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
      ? [{ kind: "transaction", ...from, ...transactionOf(transaction) }]
      : [];
  const drift = [...driftChanged(before, after, from), ...verifyAnswered(before, after, from)];
  const { halt } = after.standing;
  const isNew = halt && halt.reason !== before?.standing.halt?.reason;
  const halted = isNew ? [deviceHalted(after.id, halt, origin)] : [];
  if (!before) {
    const { agent, state } = after;
    return [{ kind: "device-added", ...from, agent, ...stateOf(state) }, ...ended, ...drift, ...halted];
  }
  const changed = changesOf(before, after);
  const news = changed ? [{ kind: "device-changed" as const, ...from, ...changed }] : [];
  return [...ended, ...news, ...drift, ...halted];
}

/** A device was forgotten. */
export function deviceRemoved(device: string, origin: Origin): NewEvent {
  return { kind: "device-removed", ...originOf(origin), device };
}

/** A device does not go by the history of this server. */
function deviceHalted(device: string, halt: Halt, origin: Origin): NewEvent {
  return { kind: "device-halted", ...originOf(origin), device, ...halt };
}

/** Two machines or more check in with the certificate of one device. */
export function deviceDoubled(device: string, { addresses }: Double, origin: Origin): NewEvent {
  return { kind: "device-doubled", ...originOf(origin), device, addresses };
}

/** Somebody decided what is to become of a device that was halted. */
export function deviceAdopted(device: string, keep: Keep, origin: Origin): NewEvent {
  return { kind: "device-adopted", ...originOf(origin), device, keep };
}

/** Somebody gave a device tags, or took them away. */
export function deviceTagged(device: string, tags: Difference<readonly Tag[]>, origin: Origin): NewEvent {
  return { kind: "device-tagged", ...originOf(origin), device, tags };
}

/** Somebody wants an app installed again. */
export function reinstallWished(device: string, { id, app }: Reinstall, origin: Origin): NewEvent {
  return { kind: "reinstall", ...originOf(origin), device, app, reinstall: id };
}

/** Somebody wants a failed transaction tried again. */
export function retryWished(device: string, failed: string, origin: Origin): NewEvent {
  return { kind: "retry", ...originOf(origin), device, failed };
}

/** Somebody was locked out. */
export function revocationMade(revocation: Revocation): NewEvent {
  return { kind: "revoked", ...originOf(revocation), ...lockOf(revocation) };
}

/** Somebody who was locked out may come in again. */
export function revocationLifted(revocation: Revocation, origin: Origin): NewEvent {
  return { kind: "unrevoked", ...originOf(origin), ...lockOf(revocation) };
}

// A name is a device's id, or that of a person whom no device is called.
function lockOf({ locked, reason }: Revocation) {
  return { locked, reason, ...(locked.kind === "name" && { device: locked.name }) };
}

/** Somebody wants a device to begin now. */
export function goWished(device: string, breakLock: boolean, origin: Origin): NewEvent {
  return { kind: "go", ...originOf(origin), device, breakLock };
}

/** Somebody wants a device to renew its certificate now. */
export function renewWished(device: string, serial: string, origin: Origin): NewEvent {
  return { kind: "renew", ...originOf(origin), device, serial };
}

/** Somebody wants to know whether all contents are what the packets of a device have. */
export function verifyWished(device: string, verify: string, origin: Origin): NewEvent {
  return { kind: "verify", ...originOf(origin), device, verify };
}

/** A certificate was issued for a device. */
export function certificateIssued(issued: IssuedCertificate, origin: Origin): NewEvent {
  const { device, serial, issuer, ends, fingerprint } = issued;
  return { kind: "certificate-issued", ...originOf(origin), device, serial, issuer, ends, fingerprint };
}

/** A device has checked in with a new certificate: those that it had before count no more. */
export function certificateReplaced(
  { device, serial, issuer }: IssuedCertificate,
  others: readonly CertificateId[],
  origin: Origin,
): NewEvent {
  const replaced = others.map((other) => other.serial);
  return { kind: "certificate-replaced", ...originOf(origin), device, serial, issuer, replaced };
}

/** A certificate was used that counts no more, since its device has another one. */
export function certificateCloned(
  { device, serial, issuer }: IssuedCertificate,
  current: CertificateId | undefined,
  origin: Origin,
): NewEvent {
  const instead = current && { current: current.serial };
  return { kind: "certificate-cloned", ...originOf(origin), device, serial, issuer, ...instead };
}

type FromDevice = Origin & { readonly device: string };

function driftChanged(
  before: DeviceRecord | undefined,
  { drift }: DeviceRecord,
  from: FromDevice,
): readonly NewEvent[] {
  const was = before?.drift ?? NO_DRIFT;
  const now = drift ?? NO_DRIFT;
  if (sameDrift(was, now)) return [];
  const apps = firstOf(now.apps, MOST_DRIFT);
  const paths = firstOf(now.paths, MOST_DRIFT);
  const omitted = { apps: now.apps.length - apps.length, paths: now.count - paths.length };
  return [{ kind: "drift", ...from, before: was.count, after: now.count, apps, paths, ...omitting(omitted) }];
}

function verifyAnswered(
  before: DeviceRecord | undefined,
  { verify, drift }: DeviceRecord,
  from: FromDevice,
): readonly NewEvent[] {
  if (!before?.verify || verify !== null || drift === null) return [];
  return [{ kind: "verified", ...from, verify: before.verify, count: drift.count }];
}

function packetOf({ digest, name, tags }: PacketInfo) {
  return { packet: digest, name, tags };
}

// One that is stuck keeps its id when it is tried again.
function isSameEnd(a: Transaction | null, b: Transaction): boolean {
  return a?.id === b.id && a.outcome === b.outcome && a.attempt === b.attempt;
}

function stateOf(state: DeviceState) {
  const apps = firstOf(state.apps.map(installed), MOST_APPS);
  const systemtags = firstOf(state.systemtags, MOST_TAGS);
  const omitted = {
    apps: state.apps.length - apps.length,
    systemtags: state.systemtags.length - systemtags.length,
  };
  return { state: { systemtags, apps }, ...omitting(omitted) };
}

function changesOf({ state, agent, unmerged }: DeviceRecord, now: DeviceRecord) {
  const changed = changedApps(state.apps, now.state.apps);
  const isRetagged = !sameTags(state.systemtags, now.state.systemtags);
  const isMerged = unmerged.join("\n") !== now.unmerged.join("\n");
  if (changed.length === 0 && !isRetagged && agent === now.agent && !isMerged) return undefined;
  const apps = firstOf(changed, MOST_APPS);
  const before = firstOf(state.systemtags, MOST_TAGS);
  const after = firstOf(now.state.systemtags, MOST_TAGS);
  return {
    apps,
    ...(isRetagged && { systemtags: { before, after } }),
    ...(agent !== now.agent && { agent: { before: agent, after: now.agent } }),
    ...(isMerged && { unmerged: { before: pathsOf(unmerged), after: pathsOf(now.unmerged) } }),
    ...omitting({
      apps: changed.length - apps.length,
      systemtagsBefore: isRetagged ? state.systemtags.length - before.length : 0,
      systemtagsAfter: isRetagged ? now.state.systemtags.length - after.length : 0,
    }),
  };
}

function pathsOf(unmerged: readonly string[]): readonly string[] {
  return firstOf(unmerged, MOST_PATHS);
}

/** Says of which lists how many are left out; nothing when none is. */
function omitting<L extends string>(
  counts: Readonly<Record<L, number>>,
): { omitted?: Partial<Record<L, number>> } {
  const some = Object.entries<number>(counts).filter(([, number]) => number > 0);
  return some.length === 0 ? {} : { omitted: Object.fromEntries(some) as Partial<Record<L, number>> };
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

// The last scripts: they are those that tell how it ended.
function transactionOf(transaction: Transaction) {
  const runs = lastOf(
    transaction.scripts.map((run) => ({ ...run, output: "" })),
    MOST_RUNS,
  );
  const share = Math.floor(MOST_OUTPUT / Math.max(1, runs.length));
  const scripts = transaction.scripts
    .slice(transaction.scripts.length - runs.length)
    .map((run) => ({ ...run, output: endOf(run.output, share) }));
  const { error } = transaction;
  return {
    transaction: { ...transaction, scripts, ...(error && { error: errorOf(error) }) },
    ...omitting({ scripts: transaction.scripts.length - scripts.length }),
  };
}

function errorOf(error: NonNullable<Transaction["error"]>): NonNullable<Transaction["error"]> {
  const { code, message, hint } = error;
  return {
    ...error,
    code: beginningOf(code, MOST_CODE),
    message: beginningOf(message, MOST_MESSAGE),
    ...(hint !== undefined && { hint: beginningOf(hint, MOST_HINT) }),
  };
}
