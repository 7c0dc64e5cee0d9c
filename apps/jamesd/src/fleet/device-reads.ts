import type { Digest } from "@jamesd/model";
import { LRUCache } from "lru-cache";
import type { PacketContents } from "../packets/packet-contents.ts";
import type { MadeStore } from "../repository/made-store.ts";
import type { KnownDevice } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Presence } from "./presence.ts";
import { isToGet } from "./to-get.ts";

/** Of so many devices it is known from which packet the last blob was. */
const MAX_LATEST = 10_000;

/** What is known of devices, and of what packets are made of. */
export interface DeviceReadsParts {
  readonly devices: Pick<Devices, "get">;
  readonly presence: Pick<Presence, "sent">;
  readonly contents: Pick<PacketContents, "has">;
  readonly made: Pick<MadeStore, "madeOf">;
}

/**
 * What each device may read: the packets that it is to get, by what is wanted for it or by the plan that it was sent, and
 * those that it has and this server once ordered; what these are made of, and what was made of them. What it says that it
 * has gives it nothing: it could say so of any digest that it heard of.
 */
export class DeviceReads {
  readonly #parts: DeviceReadsParts;
  /** The packets that the last blobs of devices were of: the next one is of the same as a rule. */
  readonly #latest = new LRUCache<string, Digest>({ max: MAX_LATEST });

  constructor(parts: DeviceReadsParts) {
    this.#parts = parts;
  }

  /** True when a device may read a packet; of one that was removed, or has not checked in, nothing. */
  async packet(id: string, packet: Digest): Promise<boolean> {
    const device = await this.#parts.devices.get(id);
    return device !== undefined && this.#isReadable(device, packet);
  }

  /** True when a device may read a blob: a content, a delta or a whole bundle. */
  async blob(id: string, blob: Digest): Promise<boolean> {
    const { devices, contents } = this.#parts;
    const device = await devices.get(id);
    if (!device) return false;
    const latest = this.#latest.get(id);
    if (latest !== undefined && this.#isReadable(device, latest) && (await contents.has(latest, blob)))
      return true;
    // One look into an index, before packets are looked into that nobody asked for lately.
    if (await this.#isMade(device, blob)) return true;
    for (const packet of this.#readable(device)) {
      if (packet === latest || !(await contents.has(packet, blob))) continue;
      this.#latest.set(id, packet);
      return true;
    }
    return false;
  }

  async #isMade(device: KnownDevice, blob: Digest): Promise<boolean> {
    const made = await this.#parts.made.madeOf(blob);
    return made.some(
      ({ packet, base }) =>
        this.#isReadable(device, packet) && (base === undefined || this.#isReadable(device, base)),
    );
  }

  #isReadable(device: KnownDevice, packet: Digest): boolean {
    return isToGet(device, this.#parts.presence.sent(device.id), packet) || hasOrdered(device, packet);
  }

  /** Each packet that a device may read, what it fetches first. */
  #readable({ id, record, target }: KnownDevice): ReadonlySet<Digest> {
    const { state, standing } = record;
    const installed = new Set(state.apps.map(({ digest }) => digest));
    const wanted = [...(this.#parts.presence.sent(id) ?? []), ...(target?.apps ?? [])].map(
      ({ digest }) => digest,
    );
    const coming = wanted.filter((digest) => !installed.has(digest));
    for (const digest of standing.claimed) installed.delete(digest);
    return new Set([...coming, ...wanted, ...installed]);
  }
}

/** True when a device has a packet that this server once ordered. */
function hasOrdered({ record: { state, standing } }: KnownDevice, packet: Digest): boolean {
  return state.apps.some(({ digest }) => digest === packet) && !standing.claimed.includes(packet);
}
