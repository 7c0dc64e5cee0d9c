import type {
  DesiredState,
  Digest,
  DriftReport,
  EffectiveState,
  ErrorBody,
  InstalledApp,
  Tag,
  WantedApp,
} from "@jamesd/model";
import type { Reinstall } from "../device/device-record.ts";
import type { Transaction, TransactionError, Waiting } from "../device/report.ts";
import { isLate } from "./certificate-watch.ts";
import type { Certificates, Clone } from "./certificates.ts";
import {
  type Device,
  failedTransaction,
  isPossible,
  isWithdrawn,
  nextTry,
  resolvable,
  type SyncStatus,
  syncStatus,
  targetProblem,
} from "./device.ts";
import { lastCertificate } from "./last-certificate.ts";
import type { LockView } from "./locks.ts";
import type { Presence } from "./presence.ts";
import { deviceDoubled } from "./problem.ts";
import type { Underway } from "./session.ts";
import type { Target } from "./target.ts";
import type { Views } from "./views.ts";
import { withheld } from "./withheld.ts";

/** A device in a list. */
export interface DeviceSummary {
  readonly id: string;
  readonly connected: boolean;
  /** Milliseconds since the epoch; null when it never was. */
  readonly lastSeen: number | null;
  readonly sync: SyncStatus;
  /** The newest of the fleet that changed what it should have; null: nobody wants anything. */
  readonly revision: number | null;
  readonly systemtags: readonly Tag[];
  /** What operators gave it. */
  readonly givenTags: readonly Tag[];
  readonly apps: readonly InstalledApp[];
  /** Paths where it is not as its packets have it; null: it does not say. */
  readonly drifted: number | null;
  readonly agent: string | null;
  /** Why it is not in sync, when that is known. */
  readonly problem: ErrorBody | TransactionError | null;
  /** When the certificate ends that it came with last; null: not known. */
  readonly certEnds: number | null;
  /** Who issued it, in words; null: not known. */
  readonly certIssuer: string | null;
  /** That certificate has ended or ends soon, and was not renewed when it should have been. */
  readonly isCertLate: boolean;
  /** Somebody came with a certificate that it has replaced; null: nobody, as far as is known. */
  readonly clone: Clone | null;
  /** Why it is locked out; null: it is not. */
  readonly lockedOut: LockView | null;
  /** When it tries again what it leaves alone; null: it leaves nothing alone. */
  readonly nextTry: number | null;
  /** How many new versions of configuration files lie beside edited ones, as far as it says. */
  readonly unmerged: number;
  /** Why it does not begin with what it should have; null: it may, as far as is known. */
  readonly waiting: Waiting | null;
  /** By how many milliseconds its clock is ahead of ours; null: it is not, as far as it says. */
  readonly clockOff: number | null;
  /** The plan that it fetches contents for, or has begun with; null: none, as far as it says. */
  readonly preparing: Underway | null;
}

/** An app that a device should have, and the packet for it; null: there is none. */
export interface ResolvedWish extends WantedApp {
  readonly digest: Digest | null;
}

/** A device with everything. */
export interface DeviceView extends DeviceSummary {
  /** What it said last of its drift. */
  readonly drift: DriftReport | null;
  /** The wish for a look at all contents that it has not answered. */
  readonly verify: string | null;
  readonly reinstall: Reinstall | null;
  /** Serial number of its certificate; null: not known. */
  readonly certSerial: string | null;
  /** It is to renew that, and has not yet. */
  readonly isToRenew: boolean;
  /** What the agent can do beyond the first ones. */
  readonly features: readonly string[];
  /** Paths of new versions of configuration files that lie beside edited ones. */
  readonly unmergedFiles: readonly string[];
  /** What it should have of its own. */
  readonly desired: DesiredState | null;
  /** The ids of the specs that count for it. */
  readonly specs: readonly string[];
  readonly effective:
    | (Pick<EffectiveState, "policy" | "windows"> & { readonly apps: readonly ResolvedWish[] })
    | null;
  readonly target: Digest | null;
  readonly transaction: Transaction | null;
  /** The rollouts that will change what it should have, and do not admit it yet. */
  readonly waits: readonly number[];
}

/** What a device says of its failure may be long, and a list is of many. */
const SHORT = 300;

/** A device as a list shows it at `now`, its problem in short. */
export function deviceSummary(
  device: Device,
  presence: Presence,
  now: number,
  certificates: Pick<Certificates, "cloneOf" | "lockOf" | "areRenewed">,
): DeviceSummary {
  const { id, record, target } = device;
  const last = lastCertificate(device, presence);
  const { certEnds, certIssuer } = last;
  const sync = syncStatus(device, presence);
  return {
    id,
    connected: presence.isConnected(id),
    lastSeen: presence.lastSeen(id) ?? record?.lastSeen ?? null,
    sync,
    revision: target?.wanted.revision ?? null,
    systemtags: record?.state.systemtags ?? [],
    givenTags: record?.given ?? [],
    apps: record?.state.apps ?? [],
    drifted: record?.drift?.count ?? null,
    agent: record?.agent ?? null,
    problem: shortened(problemOf(device, sync, presence, true)),
    ...{ certEnds, certIssuer },
    isCertLate: record !== undefined && isLate({ id, record }, presence, certificates, now),
    clone: certificates.cloneOf(id, now) ?? null,
    lockedOut: certificates.lockOf(id, last) ?? null,
    nextTry: nextTry(device, presence.deferral(id), now),
    unmerged: record?.unmerged.length ?? 0,
    waiting: withheld(device, now) ?? waitingOf(device, presence) ?? null,
    preparing: presence.preparing(id) ?? null,
    clockOff: presence.clockOff(id) ?? null,
  };
}

/** What it says that it waits for, as long as that is what it should have. */
function waitingOf(device: Device, presence: Presence): Waiting | undefined {
  const { target: deferred, waiting } = presence.deferral(device.id) ?? {};
  return waiting && !isWithdrawn(device, { deferred, waiting }) ? waiting : undefined;
}

/** What is known besides of devices, at `now`. */
interface Look {
  readonly presence: Presence;
  readonly views: Views;
  readonly certificates: Pick<Certificates, "cloneOf" | "lockOf" | "areRenewed">;
  readonly now: number;
}

/** A device with everything. */
export function deviceView(device: Device, { presence, views, certificates, now }: Look): DeviceView {
  const { id, record, target } = device;
  const own = views.own(resolvable(device));
  const { certSerial } = lastCertificate(device, presence);
  const summary = deviceSummary(device, presence, now, certificates);
  return {
    ...summary,
    certSerial,
    isToRenew: certSerial !== null && record?.renew === certSerial,
    features: record?.features ?? [],
    unmergedFiles: record?.unmerged ?? [],
    desired: own?.content ? { id, revision: own.revision, ...own.content } : null,
    specs: target?.wanted.specs ?? [],
    effective: target ? effectiveOf(target) : null,
    target: target && isPossible(device) ? target.digest : null,
    transaction: record?.transaction ?? null,
    drift: record?.drift ?? null,
    verify: record?.verify ?? null,
    reinstall: record?.reinstall ?? null,
    problem: problemOf(device, summary.sync, presence, false),
    waits: views.waitsFor(resolvable(device)),
  };
}

function problemOf(
  device: Device,
  sync: SyncStatus,
  presence: Presence,
  isShort: boolean,
): DeviceSummary["problem"] {
  const double = presence.double(device.id);
  if (double) return deviceDoubled(device.id, double).toBody();
  const failed = sync === "failed" ? failedTransaction(device) : undefined;
  return targetProblem(device, isShort)?.toBody() ?? failed?.error ?? null;
}

function shortened(problem: DeviceSummary["problem"]): DeviceSummary["problem"] {
  return problem && { code: problem.code.slice(0, SHORT), message: problem.message.slice(0, SHORT) };
}

function effectiveOf(target: Target) {
  const { policy, windows } = target.wanted;
  return { apps: resolvedWishes(target), policy, windows };
}

function resolvedWishes({ wanted, apps }: Target): readonly ResolvedWish[] {
  const digests = new Map(apps.map(({ name, digest }) => [name, digest]));
  return wanted.apps.map((app) => ({ ...app, digest: digests.get(app.name) ?? null }));
}
