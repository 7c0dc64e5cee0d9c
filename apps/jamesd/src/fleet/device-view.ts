import {
  type App,
  type DesiredState,
  type Digest,
  FORMATS,
  type Plan,
  type Spec,
  type WantedApp,
} from "@jamesd/model";
import type { Device, DeviceInfo, PlanMessage } from "@jamesd/protocol";
import type { Transaction } from "../device/report.ts";
import {
  failedTransaction,
  isConnected,
  isPossible,
  type Member,
  syncStatus,
  targetProblem,
} from "./member.ts";
import type { Target } from "./target.ts";

/** A device as the list shows it; `now` in milliseconds since the epoch. */
export function deviceInfo(member: Member, now: number): DeviceInfo {
  const { id, record, lastSeen, target } = member;
  return {
    id,
    connected: isConnected(member, now),
    lastSeen,
    sync: syncStatus(member),
    revision: target?.wanted.revision ?? null,
    systemtags: [...(record?.state.systemtags ?? [])],
    apps: (record?.state.apps ?? []).map(wireApp),
  };
}

/** A device with everything; `own` is the desired state that it has of its own. */
export function deviceView(member: Member, own: DesiredState | undefined, now: number): Device {
  const { record, target } = member;
  return {
    ...deviceInfo(member, now),
    agent: record?.agent ?? null,
    features: [...(record?.features ?? [])],
    desired: own ? wireDesired(own) : null,
    specs: [...(target?.wanted.specs ?? [])],
    effective: target ? { apps: wantedApps(target), policy: target.wanted.policy } : null,
    target: target && isPossible(member) ? target.digest : null,
    transaction: record?.transaction ? wireTransaction(record.transaction) : null,
    problem: targetProblem(member)?.toBody() ?? failedTransaction(member)?.error ?? null,
  };
}

/** An installed or wanted app as it goes over the wire. */
export function wireApp({ name, tags, digest }: { name: string; tags: readonly string[]; digest: string }) {
  return { name, tags: [...tags], digest };
}

/** How a transaction ended, as it goes over the wire. */
export function wireTransaction({ scripts, error, ...transaction }: Transaction) {
  return {
    ...transaction,
    scripts: scripts.map((run) => ({ ...run })),
    ...(error && { error: { ...error } }),
  };
}

/** A desired state as it goes over the wire. */
export function wireDesired({ id, revision, apps, policy }: DesiredState) {
  return { id, revision, apps: wireWishes(apps), policy };
}

/** The apps of a document as they go over the wire. */
export function wireWishes(apps: readonly App[]) {
  return apps.map(({ name, tags }) => ({ name, tags: [...tags] }));
}

/** A spec as it goes over the wire. */
export function wireSpec({ selector, ...desired }: Spec) {
  return { ...wireDesired(desired), selector: [...selector] };
}

/** The way of a device to a target as it goes over the wire; `retry` names the failed transaction that an operator wants tried again. */
export function wirePlan({ digest, wanted }: Target, { steps, apps }: Plan, retry?: string): PlanMessage {
  return {
    format: FORMATS.plan,
    target: digest,
    revision: wanted.revision,
    steps: [...steps],
    apps: apps.map(wireApp),
    policy: wanted.policy,
    ...(retry !== undefined && { retry }),
  };
}

function wantedApps({ wanted, apps }: Target) {
  const digests = new Map(apps.map(({ name, digest }) => [name, digest]));
  return wanted.apps.map((app) => wireWish(app, digests.get(app.name)));
}

function wireWish({ name, tags, spec }: WantedApp, digest: Digest | undefined) {
  return { name, tags: [...tags], spec, digest: digest ?? null };
}
