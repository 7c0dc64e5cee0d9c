import { JamesError, type Tag, tagsOfDevice } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { type Device, digestsOf, type KnownDevice, newDevice, setRecord } from "./device.ts";
import { type TagSet, TagSets } from "./tag-sets.ts";

/** The devices in memory, by id. */
export class Devices {
  readonly #devices = new Map<string, Device>();
  readonly #tagSets = new TagSets();
  /** Undefined when a device came or went. */
  #sortedIds: readonly string[] | undefined;

  /** A device; one that is new is there from now on. */
  of(id: string): Device {
    const known = this.#devices.get(id);
    if (known) return known;
    const device = newDevice(id, this.#tagSets.take([]));
    this.#devices.set(id, device);
    this.#sortedIds = undefined;
    return device;
  }

  /** The tags of a device with this report and these given tags, as a resolver wants them. */
  tagSet(systemtags: readonly Tag[], given: readonly Tag[]): TagSet {
    return this.#tagSets.peek(tagsOfDevice(systemtags, given));
  }

  /** Takes over what a device reported; `digests` are those of its state. */
  setRecord(device: Device, record: DeviceRecord, digests = digestsOf(record.state)): void {
    const before = device.tagSet;
    setRecord(
      device,
      record,
      this.#tagSets.take(tagsOfDevice(record.state.systemtags, record.given)),
      digests,
    );
    // One that was removed while its report was on the way holds nothing: nobody would ever let go of it.
    this.#tagSets.release(this.has(device) ? before : device.tagSet);
  }

  /** False for one that was forgotten. */
  has(device: Device): boolean {
    return this.#devices.get(device.id) === device;
  }

  /** A device that has checked in, or undefined. */
  find(id: string): KnownDevice | undefined {
    const device = this.#devices.get(id);
    return device && isKnown(device) ? device : undefined;
  }

  /** A device that has checked in. @throws JamesError DEVICE_UNKNOWN */
  known(id: string): KnownDevice {
    const device = this.find(id);
    if (device) return device;
    throw unknownDevice(id);
  }

  /** Every device, also one whose first report is still under way. */
  all(): Iterable<Device> {
    return this.#devices.values();
  }

  /** Every device that has checked in. */
  *allKnown(): Generator<KnownDevice> {
    for (const device of this.#devices.values()) if (isKnown(device)) yield device;
  }

  /** The devices that have checked in whose ids come after this one, by id. */
  *after(id: string): Generator<KnownDevice> {
    this.#sortedIds ??= [...this.#devices.keys()].sort();
    const ids = this.#sortedIds;
    for (let i = firstAfter(ids, id); i < ids.length; i += 1) {
      const device = this.find(ids[i] as string);
      if (device) yield device;
    }
  }

  remove(id: string): void {
    const device = this.#devices.get(id);
    if (!device) return;
    this.#tagSets.release(device.tagSet);
    this.#devices.delete(id);
    this.#sortedIds = undefined;
  }
}

/** Nothing is known of a device. */
export function unknownDevice(id: string): JamesError {
  return new JamesError("DEVICE_UNKNOWN", `there is no device ${JSON.stringify(id)}`, {
    hint: "list-devices shows those that have checked in, but for those that were removed; a device's id is the common name of its certificate.",
  });
}

function isKnown(device: Device): device is KnownDevice {
  return device.record !== undefined;
}

/** The place of the first of sorted ids that comes after this one. */
function firstAfter(ids: readonly string[], id: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as string) > id) high = middle;
    else low = middle + 1;
  }
  return low;
}
