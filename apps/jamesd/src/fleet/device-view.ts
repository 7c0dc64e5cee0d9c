import type { DesiredState } from "@jamesd/model";
import type { Device, DeviceInfo } from "@jamesd/protocol";
import { failedTransaction, type Member, syncStatus } from "./member.ts";
import { noPacketFulfils } from "./unfulfilled.ts";

/** How long after its last check-in a device that polls still counts as connected. */
const CONNECTED_MS = 150_000;

/** A device as the list shows it; `now` in milliseconds since the epoch. */
export function deviceInfo(member: Member, now: number): DeviceInfo {
  const { id, record, lastSeen, isCut, wake, desired } = member;
  const isRecent = lastSeen !== null && !isCut && now - lastSeen < CONNECTED_MS;
  return {
    id,
    connected: wake !== undefined || isRecent,
    lastSeen,
    sync: syncStatus(member),
    revision: desired?.revision ?? null,
    systemtags: [...(record?.state.systemtags ?? [])],
    apps: (record?.state.apps ?? []).map(wireApp),
  };
}

/** A device with everything. */
export function deviceView(member: Member, now: number): Device {
  const { id, record, desired, target } = member;
  const [unfulfilled] = target?.unfulfilled ?? [];
  return {
    ...deviceInfo(member, now),
    agent: record?.agent ?? null,
    desired: desired ? wireDesired(desired) : null,
    target: target && target.unfulfilled.length === 0 ? target.digest : null,
    transaction: record?.transaction ?? null,
    problem: unfulfilled
      ? noPacketFulfils(id, unfulfilled).toBody()
      : (failedTransaction(member)?.error ?? null),
  };
}

/** An installed or wanted app as it goes over the wire. */
export function wireApp({ name, tags, digest }: { name: string; tags: readonly string[]; digest: string }) {
  return { name, tags: [...tags], digest };
}

function wireDesired({ id, revision, apps, policy }: DesiredState) {
  return { id, revision, apps: apps.map(({ name, tags }) => ({ name, tags: [...tags] })), policy };
}
