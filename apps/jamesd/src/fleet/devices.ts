import { type Digest, JamesError, type Tag, tagsOfDevice } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { rowOf } from "../repository/device-row.ts";
import type { Seen } from "../repository/device-store.ts";
import type { Repository } from "../repository/repository.ts";
import { eachInSlices, Slices } from "../running/slices.ts";
import { type Device, isKnown, type KnownDevice } from "./device.ts";
import { DeviceNews } from "./device-news.ts";
import { Entered } from "./entered.ts";
import type { LoadedDevice, Resolving } from "./loaded-device.ts";
import { Loader } from "./loader.ts";
import type { Presence } from "./presence.ts";
import { readRoster } from "./read-roster.ts";
import type { OwnVersion } from "./resolver.ts";
import { type Member, Roster } from "./roster.ts";
import { Sketching } from "./sketching.ts";
import type { TagSet } from "./tag-sets.ts";
import { type Watch, Watches } from "./watches.ts";

/** So many devices are looked at together. */
const BATCH = 250;

/** Devices that were in memory, by id: what is there still, and what is gone. */
export interface Taken {
  readonly there: readonly string[];
  readonly gone: readonly string[];
}

/**
 * The devices: in memory those that ask something, and of every one what the roster knows; the rest is read when it is
 * asked for.
 */
export class Devices {
  /** Of those that were heard of, or of which memory took something in. */
  readonly news = new DeviceNews();
  readonly #repository: Pick<Repository, "devices" | "documents">;
  readonly #loader: Loader;
  readonly #entered: Entered;
  readonly #sketching: Sketching;
  readonly #watches = new Watches();
  #roster = new Roster();
  #taken = 0;

  /** @param resolving by which it is found what devices should have @param presence says who stays in memory */
  constructor(
    repository: Pick<Repository, "devices" | "documents">,
    resolving: Resolving,
    presence: Pick<Presence, "isConnected">,
  ) {
    this.#entered = new Entered(presence);
    this.#repository = repository;
    const peek = (tags: readonly Tag[]): TagSet => this.#roster.peek(tags);
    this.#loader = new Loader({ repository, resolving, peek, taken: () => this.#taken });
    this.#sketching = new Sketching({ entered: this.#entered, loader: this.#loader, resolving });
  }

  /** How many have checked in. */
  get size(): number {
    return this.#roster.size;
  }

  /** Bytes of memory for all that have checked in, but for the lists that they share. */
  get bytes(): number {
    return this.#roster.bytes;
  }

  /** Reads anew which devices there are, and those that are in memory, as of a revision. @param owners of these as well who may have a desired state of their own @returns what takes all that in at once */
  async read(revision: number, owners: Iterable<string> = []): Promise<() => Taken> {
    const roster = await readRoster(this.#repository);
    for (const id of owners) roster.markOwn(id);
    const before = new Map(Array.from(this.#entered.all(), (device) => [device, device.record]));
    const read = await this.#loader.load(
      Array.from(before.keys(), ({ id }) => id),
      revision,
    );
    return () => this.#replace(roster, before, read);
  }

  #replace(
    roster: Roster,
    before: ReadonlyMap<LoadedDevice, DeviceRecord | undefined>,
    read: ReadonlyMap<string, LoadedDevice>,
  ): Taken {
    this.#roster = roster;
    this.#taken += 1;
    const [there, gone]: [string[], string[]] = [[], []];
    for (const device of this.#entered.all()) {
      const { id, record } = device;
      const now = read.get(id);
      // What was reported meanwhile is newer than what was read.
      const known = record === before.get(device) ? now?.record : record;
      if (known) this.take(known);
      (record && !known ? gone : there).push(id);
      if (now) device.setOwn(now.own ?? NEVER);
    }
    return { there, gone };
  }

  /** The tags of a device with this report and these given tags, as a resolver wants them. */
  tagSet(systemtags: readonly Tag[], given: readonly Tag[]): TagSet {
    return this.#roster.peek(tagsOfDevice(systemtags, given));
  }

  /** Has somebody work on a device that asks something, also one that is new: it stays in memory as long as that takes. */
  async work<T>(id: string, work: (device: LoadedDevice) => Promise<T>): Promise<T> {
    const device = this.#enter(this.#entered.get(id)) ?? (await this.#load(id));
    try {
      return await work(device);
    } finally {
      this.#entered.leave(device);
    }
  }

  /** Keeps in memory only who is connected, or worked on. It is called now and then. */
  letGo(): void {
    this.#entered.letGo();
  }

  /** False for one that was forgotten. */
  has(device: LoadedDevice): boolean {
    return this.#entered.get(device.id) === device;
  }

  /** Takes over what a device reported; `digest` is that of its state, where it is known. */
  setRecord(device: LoadedDevice, record: DeviceRecord, digest?: Digest): void {
    // One that was removed while its report was on the way is none of them.
    if (this.has(device)) this.#enlist(record);
    device.setRecord(record, this.tagSet(record.state.systemtags, record.given), digest);
    this.news.tell(record.id);
  }

  /** Takes over what others wrote of a device. */
  take(record: DeviceRecord): void {
    this.#taken += 1;
    this.#enlist(record);
    const tagSet = this.tagSet(record.state.systemtags, record.given);
    this.#entered.get(record.id)?.setRecord(record, tagSet);
    this.news.tell(record.id);
  }

  /** Writes down when devices were last seen. */
  async noteSeen(seen: ReadonlyMap<string, Seen>): Promise<void> {
    await this.#repository.devices.noteSeen(seen);
    for (const [id, one] of seen) this.#roster.note(id, one);
  }

  /** Those among these that may have a desired state of their own from now on. */
  async markOwners(ids: Iterable<string>): Promise<void> {
    await eachInSlices(ids, (id) => this.#roster.markOwn(id));
  }

  /** Takes over what a device should have of its own. */
  takeOwn(id: string, own: OwnVersion): void {
    this.#taken += 1;
    this.#entered.get(id)?.setOwn(own);
    this.news.tell(id);
  }

  /** Forgets a device. */
  remove(id: string): void {
    this.#taken += 1;
    this.#entered.forget(id);
    this.#roster.remove(id);
    this.#watches.tell(id);
    this.news.tell(id);
  }

  /** True of one that has checked in. */
  isKnown(id: string): boolean {
    return this.#roster.has(id);
  }

  /** The tags by which a device is chosen; undefined of one that has not checked in. */
  tagSetOf(id: string): TagSet | undefined {
    return this.#roster.tagSetOf(id);
  }

  /** What is in memory of a device that asks something. */
  entered(id: string): LoadedDevice | undefined {
    return this.#entered.get(id);
  }

  /** A device that has checked in, or undefined. */
  async get(id: string): Promise<KnownDevice | undefined> {
    const [device] = await this.getAll([id]);
    return device;
  }

  /** A device that has checked in. @throws JamesError DEVICE_UNKNOWN */
  async known(id: string): Promise<KnownDevice> {
    const device = await this.get(id);
    if (device) return device;
    throw unknownDevice(id);
  }

  /** Those of these that have checked in, in the same order. */
  async getAll(ids: readonly string[]): Promise<readonly KnownDevice[]> {
    const known = ids.filter((id) => this.isKnown(id));
    const away = known.filter((id) => !this.#entered.get(id));
    const loaded = away.length === 0 ? undefined : await this.#loader.load(away);
    return known.map((id): Device | undefined => this.#entered.get(id) ?? loaded?.get(id)).filter(isKnown);
  }

  /** The devices that have checked in of these, some at a time. */
  async *batchesOf(ids: Iterable<string>): AsyncGenerator<readonly KnownDevice[]> {
    const all = [...ids];
    for (let i = 0; i < all.length; i += BATCH) yield await this.getAll(all.slice(i, i + BATCH));
  }

  /** What the roster knows of the devices that have checked in, by id, some at a time: between them others run. */
  async *members(after = ""): AsyncGenerator<readonly Member[]> {
    const slices = new Slices();
    for (let last = after; ; ) {
      const members = this.#roster.after(last, BATCH);
      const end = members.at(-1);
      if (!end) return;
      yield members;
      last = end.id;
      if (slices.isOver) await slices.next();
    }
  }

  /** Of those for which that may be so all that is known, by id, some at a time. */
  async *loaded(isWanted: (member: Member) => boolean): AsyncGenerator<readonly KnownDevice[]> {
    for await (const members of this.members())
      yield await this.getAll(members.filter(isWanted).map(({ id }) => id));
  }

  /**
   * The devices that have checked in whose ids come after this one, by id, some at a time, as sketches of what is not in
   * memory and settled: `isWanted` says of which.
   */
  async *sketches(
    after = "",
    isWanted: (member: Member) => boolean = () => true,
  ): AsyncGenerator<readonly KnownDevice[]> {
    for await (const members of this.members(after)) yield await this.#sketching.of(members.filter(isWanted));
  }

  /** The tags that devices have, each list once. */
  tagSets(): Iterable<TagSet> {
    return this.#roster.tagSets();
  }

  /** Says from now on which devices change. */
  watch(): Watch {
    return this.#watches.begin();
  }

  async #load(id: string): Promise<LoadedDevice> {
    for (;;) {
      const before = this.#taken;
      const loaded = await this.#loader.one(id);
      // Another may have come with it; and what memory took in meanwhile may be newer than what was read.
      const device = this.#enter(this.#entered.get(id) ?? (before === this.#taken ? loaded : undefined));
      if (device) return device;
    }
  }

  #enter(device: LoadedDevice | undefined): LoadedDevice | undefined {
    if (device) this.#entered.enter(device);
    return device;
  }

  #enlist(record: DeviceRecord): void {
    if (this.#roster.set(rowOf(record), record.state.apps)) this.#watches.tell(record.id);
  }
}

/** Of a device that nobody ever said anything of. */
const NEVER: OwnVersion = { revision: 0, content: null };

/** Nothing is known of a device. */
export function unknownDevice(id: string): JamesError {
  return new JamesError("DEVICE_UNKNOWN", `there is no device ${JSON.stringify(id)}`, {
    hint: "list-devices shows those that have checked in, but for those that were removed; a device's id is the common name of its certificate.",
  });
}
