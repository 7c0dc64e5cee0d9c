import type { Table } from "@jamesd/config/print";
import type { App, InstalledApp } from "@jamesd/model";
import type { Device, DeviceInfo } from "@jamesd/protocol";
import { isoTime } from "./time.ts";

/** A device's state in the seed's form: what `set-desired-state` reads, and nothing else. */
export function stateView({ id, systemtags, apps }: DeviceInfo) {
  return { id, systemtags, apps: apps.map(appView) };
}

/** A device as an item of the list. */
export function deviceListView({ id, connected, lastSeen, sync, revision, apps }: DeviceInfo) {
  return { id, connected, lastSeen: timeOrNull(lastSeen), sync, revision, apps: apps.map(appView) };
}

/** Everything the server knows of a device. */
export function deviceView(device: Device) {
  const { transaction, ...rest } = device;
  return {
    ...rest,
    lastSeen: timeOrNull(device.lastSeen),
    ...laterTimes(device),
    transaction: transaction && { ...transaction, started: isoTime(transaction.started) },
  };
}

/** Devices as lines. */
export function deviceTable(devices: readonly DeviceInfo[]): Table {
  return {
    columns: ["id", "seen", "sync", "apps"],
    rows: devices.map(({ id, connected, lastSeen, sync, apps }) => [
      id,
      connected ? "connected" : (timeOrNull(lastSeen) ?? "never"),
      sync,
      appsText(apps),
    ]),
  };
}

function appView({ name, tags }: InstalledApp) {
  return { name, tags };
}

/** Apps in a cell, such as `vpn(v1,arm) web`. */
export function appsText(apps: readonly App[]): string {
  const texts = apps.map(({ name, tags }) => (tags.length === 0 ? name : `${name}(${tags.join(",")})`));
  return texts.join(" ") || "-";
}

/** Times that servers of earlier versions do not tell. */
function laterTimes({ certEnds, nextTry }: Pick<DeviceInfo, "certEnds" | "nextTry">) {
  return {
    ...(certEnds !== undefined && { certEnds: timeOrNull(certEnds) }),
    ...(nextTry !== undefined && { nextTry: timeOrNull(nextTry) }),
  };
}

function timeOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}
