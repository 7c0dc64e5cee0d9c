import { JamesError, type Tag, tagsOfDevice } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { Slices } from "../running/slices.ts";
import { type Device, digestsOf, type KnownDevice } from "./device.ts";
import { LoadedDevice, type Resolving } from "./loaded-device.ts";
import { type TagSet, TagSets } from "./tag-sets.ts";

/** So many devices are looked at together. */
const BATCH = 250;

/** The devices in memory, by id. */
export class Devices {
  readonly #devices = new Map<string, LoadedDevice>();
  readonly #tagSets = new TagSets();
  readonly #resolving: Resolving;
  /** Undefined when a device came or went. */
  #sortedIds: readonly string[] | undefined;

  /** @param resolving by which it is found what devices should have */
  constructor(resolving: Resolving) {
    this.#resolving = resolving;
  }

  /** A device; one that is new is there from now on. */
  of(id: string): LoadedDevice {
    const known = this.#devices.get(id);
    if (known) return known;
    const device = new LoadedDevice(id, this.#tagSets.take([]), this.#resolving);
    this.#devices.set(id, device);
    this.#sortedIds = undefined;
    return device;
  }

  /** A device that asked something not long ago, or asks it now. */
  entered(id: string): LoadedDevice | undefined {
    return this.#devices.get(id);
  }

  /** A device that asks something; one that is new is there from now on. */
  async enter(id: string): Promise<LoadedDevice> {
    return this.of(id);
  }

  /** The tags of a device with this report and these given tags, as a resolver wants them. */
  tagSet(systemtags: readonly Tag[], given: readonly Tag[]): TagSet {
    return this.#tagSets.peek(tagsOfDevice(systemtags, given));
  }

  /** Takes over what a device reported; `digests` are those of its state. */
  setRecord(device: LoadedDevice, record: DeviceRecord, digests = digestsOf(record.state)): void {
    const before = device.tagSet;
    device.setRecord(
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

  /** True of one that has checked in. */
  isKnown(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  /** The tags by which a device is chosen; undefined of one that has not checked in. */
  tagSetOf(id: string): TagSet | undefined {
    return this.#find(id)?.tagSet;
  }

  /** What is in memory of a device that has checked in, or undefined. */
  held(id: string): KnownDevice | undefined {
    return this.#find(id);
  }

  /** A device that has checked in, or undefined. */
  async get(id: string): Promise<KnownDevice | undefined> {
    return this.#find(id);
  }

  /** Those of these that have checked in, in the same order. */
  async getAll(ids: Iterable<string>): Promise<readonly KnownDevice[]> {
    return Array.from(ids, (id) => this.#find(id)).filter((device) => device !== undefined);
  }

  /** A device that has checked in. @throws JamesError DEVICE_UNKNOWN */
  async known(id: string): Promise<KnownDevice> {
    const device = this.#find(id);
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

  /** The devices that have checked in of these, some at a time. */
  async *batchesOf(ids: Iterable<string>): AsyncGenerator<readonly KnownDevice[]> {
    const all = [...ids];
    for (let i = 0; i < all.length; i += BATCH) yield await this.getAll(all.slice(i, i + BATCH));
  }

  /** The ids and tags of all devices that have checked in, by id, some at a time. */
  members(): AsyncGenerator<readonly Pick<KnownDevice, "id" | "tagSet">[]> {
    return this.batches();
  }

  /** The tags that devices have, each list once. */
  tagSets(): Iterable<TagSet> {
    return new Set(Array.from(this.allKnown(), ({ tagSet }) => tagSet));
  }

  /** The devices that have checked in whose ids come after this one, by id, some at a time: between them others run. */
  async *batches(after = ""): AsyncGenerator<readonly KnownDevice[]> {
    this.#sortedIds ??= [...this.#devices.keys()].sort();
    const ids = this.#sortedIds;
    const slices = new Slices();
    for (let i = firstAfter(ids, after); i < ids.length; i += BATCH) {
      yield ids.slice(i, i + BATCH).flatMap((id) => this.#find(id) ?? []);
      if (slices.isOver) await slices.next();
    }
  }

  #find(id: string): KnownDevice | undefined {
    const device = this.#devices.get(id);
    return device && isKnown(device) ? device : undefined;
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

function isKnown(device: LoadedDevice): device is LoadedDevice & KnownDevice {
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
