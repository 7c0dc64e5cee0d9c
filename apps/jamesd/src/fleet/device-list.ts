import type { Digest, PacketSummary } from "@jamesd/model";
import type { Having } from "../packets/path-search.ts";
import type { Certificates } from "./certificates.ts";
import type { Device } from "./device.ts";
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
  readonly certificates: Pick<Certificates, "cloneOf" | "areRenewed">;
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
    const { devices, presence, certificates } = this.#parts;
    const now = this.#parts.now();
    const page: DeviceSummary[] = [];
    for await (const batch of devices.batches(filter.after)) {
      const found = batch.filter((device) => passes(device, filter, presence, now));
      for (const device of found.slice(0, filter.limit - page.length))
        page.push(deviceSummary(device, presence, now, certificates));
      if (page.length >= filter.limit) break;
    }
    return page;
  }

  /** One device with everything. @throws JamesError DEVICE_UNKNOWN */
  async get(id: string): Promise<DeviceView> {
    const { devices, targets, presence, certificates, now } = this.#parts;
    return deviceView(await devices.known(id), targets.documents.own(id), {
      presence,
      certificates,
      now: now(),
    });
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
      for await (const batch of this.#parts.devices.batches())
        for (const { id, record } of batch)
          for (const { digest } of record.state.apps) if (digests.has(digest)) addHolder(found, digest, id);
    return found;
  }

  /** The devices that have a packet, are about to, or should have it, by id: what they have they need to go back to. */
  async needing(digest: string): Promise<readonly string[]> {
    const { devices, presence } = this.#parts;
    return [...devices.all()]
      .filter((device) => neededBy(device, presence).includes(digest))
      .map(({ id }) => id)
      .sort();
  }

  /**
   * Of packets, those that no device has, is about to have or should have, and that no document means: one lists an app of
   * that name, and all of its tags are among those of the packet. So a device that comes later finds what it is to get.
   */
  async unneeded<P extends PacketSummary>(packets: readonly P[]): Promise<readonly P[]> {
    const { devices, presence, targets } = this.#parts;
    const needed = new Set<Digest>();
    for (const device of devices.all()) for (const digest of neededBy(device, presence)) needed.add(digest);
    const wishes = Map.groupBy(targets.documents.wishes(), ({ name }) => name);
    return packets.filter(({ digest, name, tags }) => {
      const isMeant = wishes.get(name)?.some((wish) => wish.tags.every((tag) => tags.includes(tag)));
      return !needed.has(digest) && !isMeant;
    });
  }
}

/** The packets that a device has, is about to have or should have. */
function neededBy({ id, target, record }: Device, presence: Presence): readonly Digest[] {
  return [target?.apps, presence.sent(id), record?.state.apps].flatMap(
    (apps) => apps?.map(({ digest }) => digest) ?? [],
  );
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
