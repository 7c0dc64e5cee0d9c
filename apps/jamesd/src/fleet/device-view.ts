import type { DesiredState, Digest, ErrorBody, InstalledApp, Policy, Tag, WantedApp } from "@jamesd/model";
import type { Transaction, TransactionError } from "../device/report.ts";
import type { SyncStatus } from "./device.ts";
import { type Device, failedTransaction, isPossible, syncStatus, targetProblem } from "./device.ts";
import type { Presence } from "./presence.ts";
import type { Target } from "./target.ts";

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
  readonly apps: readonly InstalledApp[];
}

/** An app that a device should have, and the packet for it; null: there is none. */
export interface ResolvedWish extends WantedApp {
  readonly digest: Digest | null;
}

/** A device with everything. */
export interface DeviceView extends DeviceSummary {
  readonly agent: string | null;
  /** What the agent can do beyond the first ones. */
  readonly features: readonly string[];
  /** What it should have of its own. */
  readonly desired: DesiredState | null;
  /** The ids of the specs that count for it. */
  readonly specs: readonly string[];
  readonly effective: { readonly apps: readonly ResolvedWish[]; readonly policy: Policy } | null;
  readonly target: Digest | null;
  readonly transaction: Transaction | null;
  /** Why it is not in sync, when that is known. */
  readonly problem: ErrorBody | TransactionError | null;
}

/** A device as a list shows it. */
export function deviceSummary(device: Device, presence: Presence): DeviceSummary {
  const { id, record, target } = device;
  return {
    id,
    connected: presence.isConnected(id),
    lastSeen: presence.lastSeen(id) ?? record?.lastSeen ?? null,
    sync: syncStatus(device, presence.sent(id) !== undefined),
    revision: target?.wanted.revision ?? null,
    systemtags: record?.state.systemtags ?? [],
    apps: record?.state.apps ?? [],
  };
}

/** A device with everything; `own` is the desired state that it has of its own. */
export function deviceView(device: Device, own: DesiredState | undefined, presence: Presence): DeviceView {
  const { record, target } = device;
  return {
    ...deviceSummary(device, presence),
    agent: record?.agent ?? null,
    features: record?.features ?? [],
    desired: own ?? null,
    specs: target?.wanted.specs ?? [],
    effective: target ? { apps: resolvedWishes(target), policy: target.wanted.policy } : null,
    target: target && isPossible(device) ? target.digest : null,
    transaction: record?.transaction ?? null,
    problem: targetProblem(device)?.toBody() ?? failedTransaction(device)?.error ?? null,
  };
}

function resolvedWishes({ wanted, apps }: Target): readonly ResolvedWish[] {
  const digests = new Map(apps.map(({ name, digest }) => [name, digest]));
  return wanted.apps.map((app) => ({ ...app, digest: digests.get(app.name) ?? null }));
}
