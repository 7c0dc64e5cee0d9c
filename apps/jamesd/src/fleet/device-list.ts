import type { Digest } from "@jamesd/model";
import type { Having } from "../packets/path-search.ts";
import type { Certificates } from "./certificates.ts";
import { ColumnsOfDevices, type DeviceColumns } from "./device-columns.ts";
import { type DeviceFilter, mayPass, passes, widened } from "./device-filter.ts";
import { type DeviceSummary, type DeviceView, deviceSummary, deviceView } from "./device-view.ts";
import type { Devices } from "./devices.ts";
import type { Presence } from "./presence.ts";
import type { Targets } from "./targets.ts";

/** What lists of devices are made of. */
export interface DeviceListParts {
  readonly devices: Devices;
  readonly presence: Presence;
  readonly targets: Pick<Targets, "current">;
  readonly certificates: Pick<Certificates, "cloneOf" | "lockOf" | "areRenewed">;
  readonly now: () => number;
}

/** So many devices that have a packet are named. */
const MAX_NAMED = 20;

/** Devices as operators see them. */
export class DeviceList {
  readonly #parts: DeviceListParts;

  constructor(parts: DeviceListParts) {
    this.#parts = parts;
  }

  /** A page of the devices that a filter lets through, by id. */
  async page(filter: DeviceFilter): Promise<readonly DeviceSummary[]> {
    const { devices, presence } = this.#parts;
    const now = this.#parts.now();
    const page: DeviceSummary[] = [];
    const wider = widened(filter);
    for await (const batch of devices.sketches(filter.after, (member) => mayPass(member, filter))) {
      if (page.length >= filter.limit) break;
      const likely = batch.filter((device) => passes(device, wider, presence, now)).map(({ id }) => id);
      await this.#fill(page, likely, filter, now);
    }
    return page;
  }

  /** What lists show of these devices; nothing of those that are not known. */
  async some(ids: readonly string[]): Promise<ReadonlyMap<string, DeviceSummary>> {
    const { devices, presence, certificates, now } = this.#parts;
    const known = await devices.getAll(ids);
    return new Map(known.map((one) => [one.id, deviceSummary(one, presence, now(), certificates)]));
  }

  /** At most so many of the devices that come after an id, by id, as columns of what is known without reading what they reported. */
  async columns(after: string, limit: number): Promise<DeviceColumns> {
    const { devices, presence, certificates, now } = this.#parts;
    const columns = new ColumnsOfDevices(presence, certificates, now());
    for await (const batch of devices.sketches(after))
      for (const device of batch) {
        if (columns.size >= limit) return columns.columns(true);
        columns.add(device);
      }
    return columns.columns(false);
  }

  /** One device with everything. @throws JamesError DEVICE_UNKNOWN */
  async get(id: string): Promise<DeviceView> {
    const { devices, presence, targets, certificates, now } = this.#parts;
    const device = await devices.known(id);
    return deviceView(device, { presence, views: targets.current, certificates, now: now() });
  }

  /** The digests of what is installed on a device, as it reported last. @throws JamesError DEVICE_UNKNOWN */
  async installedOn(id: string): Promise<ReadonlySet<Digest>> {
    const { record } = await this.#parts.devices.known(id);
    return new Set(record.state.apps.map(({ digest }) => digest));
  }

  /** The devices that have each of these packets installed, as they reported last. */
  async having(digests: ReadonlySet<Digest>): Promise<ReadonlyMap<Digest, Having>> {
    const found = new Map<Digest, { devices: number; readonly ids: string[] }>();
    if (digests.size > 0)
      for await (const batch of this.#parts.devices.members())
        for (const { id, list } of batch)
          for (const { digest } of list.apps) if (digests.has(digest)) addHolder(found, digest, id);
    return found;
  }

  /** Puts those of these devices into a page that a filter lets through, as long as there is room. */
  async #fill(
    page: DeviceSummary[],
    ids: readonly string[],
    filter: DeviceFilter,
    now: number,
  ): Promise<void> {
    const { devices, presence, certificates } = this.#parts;
    for (let rest = ids; rest.length > 0 && page.length < filter.limit; ) {
      const room = filter.limit - page.length;
      const some = await devices.getAll(rest.slice(0, room));
      rest = rest.slice(room);
      for (const device of some)
        if (passes(device, filter, presence, now))
          page.push(deviceSummary(device, presence, now, certificates));
    }
  }
}

function addHolder(
  found: Map<Digest, { devices: number; readonly ids: string[] }>,
  digest: Digest,
  id: string,
): void {
  const having = found.get(digest) ?? { devices: 0, ids: [] };
  found.set(digest, having);
  having.devices += 1;
  if (having.ids.length < MAX_NAMED) having.ids.push(id);
}
