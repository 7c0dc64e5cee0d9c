import { type DeviceFilter, passes } from "./device-filter.ts";
import { type DeviceSummary, type DeviceView, deviceSummary, deviceView } from "./device-view.ts";
import type { Devices } from "./devices.ts";
import type { Presence } from "./presence.ts";
import type { Targets } from "./targets.ts";

/** What lists of devices are made of. */
export interface DeviceListParts {
  readonly devices: Devices;
  readonly targets: Targets;
  readonly presence: Presence;
  readonly now: () => number;
}

/** Devices as operators see them. */
export class DeviceList {
  readonly #parts: DeviceListParts;

  constructor(parts: DeviceListParts) {
    this.#parts = parts;
  }

  /** A page of the devices that a filter lets through, by id. */
  page(filter: DeviceFilter): readonly DeviceSummary[] {
    const { devices, presence } = this.#parts;
    const now = this.#parts.now();
    const page: DeviceSummary[] = [];
    for (const device of devices.after(filter.after)) {
      if (page.length >= filter.limit) break;
      if (passes(device, filter, presence, now)) page.push(deviceSummary(device, presence, now));
    }
    return page;
  }

  /** One device with everything. @throws JamesError DEVICE_UNKNOWN */
  get(id: string): DeviceView {
    const { devices, targets, presence, now } = this.#parts;
    return deviceView(devices.known(id), targets.documents.own(id), presence, now());
  }

  /** The devices that have a packet, are about to, or should have it, by id: what they have they need to go back to. */
  needing(digest: string): readonly string[] {
    const { devices, presence } = this.#parts;
    const needs = (apps: Iterable<{ digest: string }> = []): boolean =>
      [...apps].some((app) => app.digest === digest);
    return [...devices.all()]
      .filter(
        ({ id, target, record }) =>
          needs(target?.apps) || needs(presence.sent(id)) || needs(record?.state.apps),
      )
      .map(({ id }) => id)
      .sort();
  }
}
