import { type Digest, type InstalledApp, type Tag, tagsOfDevice } from "@jamesd/model";
import type { DeviceRow } from "../repository/device-row.ts";
import type { Seen } from "../repository/device-store.ts";
import { allWithPlaces } from "./columns.ts";
import { IdIndex } from "./id-index.ts";
import { Interned } from "./interned.ts";
import { type TagSet, TagSets } from "./tag-sets.ts";

/** A list of apps that devices have. */
export interface AppList {
  /** appsDigest of it. */
  readonly digest: Digest;
  readonly apps: readonly InstalledApp[];
}

/** What devices with the same agent and authority have alike. */
export interface Traits {
  readonly features: readonly string[];
  readonly certIssuer: string | null;
}

/** A device as the roster knows it; lastSeen and certEnds to the second. */
export interface Member
  extends Omit<DeviceRow, "systemtags" | "given" | "appsDigest" | "features" | "certIssuer"> {
  readonly tagSet: TagSet;
  readonly list: AppList;
  readonly traits: Traits;
  /** It may have a desired state of its own; false: it has none. */
  readonly mayHaveOwn: boolean;
}

const MANAGED = 1;
const HALTED = 2;
const UNSETTLED = 4;
const HAS_OWN = 8;
const TELLS_DRIFT = 16;
const DRIFTED = 32;

/** Times are counted from 1. */
const UNKNOWN_TIME = 0;
const SECOND_MS = 1000;

/**
 * Every known device in some 49 bytes: numbers in columns, of which those for tags, apps and traits name lists that are kept
 * once for all who have the same. By these it is said, without reading anything, which devices something concerns.
 */
export class Roster {
  readonly #ids = new IdIndex();
  readonly #tagSets = new TagSets();
  readonly #lists = new Interned<AppList>();
  readonly #traits = new Interned<Traits>();
  /** By places. */
  #at = {
    tags: new Uint32Array(0),
    list: new Uint32Array(0),
    traits: new Uint32Array(0),
    seen: new Uint32Array(0),
    ends: new Uint32Array(0),
    wish: new Uint32Array(0),
    flags: new Uint8Array(0),
  };
  #places = 0;
  readonly #free: number[] = [];

  get size(): number {
    return this.#ids.size;
  }

  /** Bytes of memory, but for the lists that devices share. */
  get bytes(): number {
    return Object.values(this.#at).reduce((sum, { byteLength }) => sum + byteLength, this.#ids.bytes);
  }

  has(id: string): boolean {
    return this.#ids.find(id) !== undefined;
  }

  /** The tags by which a device is chosen. */
  tagSetOf(id: string): TagSet | undefined {
    const place = this.#ids.find(id);
    return place === undefined ? undefined : this.#tagSets.get(this.#at.tags[place] ?? 0);
  }

  /** The object for a list of tags, not held. */
  peek(tags: readonly Tag[]): TagSet {
    return this.#tagSets.peek(tags);
  }

  /** The tags that devices have, each list once. */
  tagSets(): Iterable<TagSet> {
    return this.#tagSets.all();
  }

  /** True when some device has just these apps. */
  hasList(digest: Digest): boolean {
    return this.#lists.find(digest) !== undefined;
  }

  /** At most so many, by id, from the first after an id. */
  after(id: string, most: number): readonly Member[] {
    return this.#ids.after(id, most).map((place) => this.#member(place));
  }

  /** Takes over what is known of a device, one that is new or not; `apps` are those of its digest. @returns true when it has other tags or apps than before, or is new */
  set(row: DeviceRow, apps: readonly InstalledApp[]): boolean {
    const { appsDigest: digest } = row;
    const before = this.#ids.find(row.id);
    const tags = this.#tagSets.take(tagsOfDevice(row.systemtags, row.given));
    const list = this.#lists.take(digest, () => ({ digest, apps }));
    const traits = this.#takeTraits(row);
    const place = before ?? this.#newPlace(row.id);
    const wasManaged = ((this.#at.flags[place] ?? 0) & MANAGED) !== 0;
    const isOther =
      before === undefined ||
      this.#at.tags[place] !== tags ||
      this.#at.list[place] !== list ||
      wasManaged !== row.isManaged;
    if (before !== undefined) this.#release(place);
    this.#at.tags[place] = tags;
    this.#at.list[place] = list;
    this.#at.traits[place] = traits;
    this.#at.seen[place] = seconds(row.lastSeen);
    this.#at.ends[place] = seconds(row.certEnds);
    this.#at.wish[place] = row.wish;
    this.#at.flags[place] = flagsOf(row) | ((this.#at.flags[place] ?? 0) & HAS_OWN);
    return isOther;
  }

  /** A device was seen; what is not known of its certificate stays. */
  note(id: string, { time, certEnds, certIssuer }: Seen): void {
    const place = this.#ids.find(id);
    if (place === undefined) return;
    this.#at.seen[place] = seconds(time);
    if (certEnds !== undefined) this.#at.ends[place] = seconds(certEnds);
    const before = this.#at.traits[place] ?? 0;
    const { features, certIssuer: known } = this.#traits.get(before);
    if (certIssuer === undefined || certIssuer === known) return;
    this.#at.traits[place] = this.#takeTraits({ features, certIssuer });
    this.#traits.release(before);
  }

  /** A device may have a desired state of its own from now on. */
  markOwn(id: string): void {
    const place = this.#ids.find(id);
    if (place !== undefined) this.#at.flags[place] = (this.#at.flags[place] ?? 0) | HAS_OWN;
  }

  remove(id: string): void {
    const place = this.#ids.find(id);
    if (place === undefined) return;
    this.#release(place);
    this.#ids.remove(id, place);
    this.#at.flags[place] = 0;
    this.#free.push(place);
  }

  #member(place: number): Member {
    const flags = this.#at.flags[place] ?? 0;
    const ends = this.#at.ends[place] ?? UNKNOWN_TIME;
    return {
      id: this.#ids.id(place),
      tagSet: this.#tagSets.get(this.#at.tags[place] ?? 0),
      list: this.#lists.get(this.#at.list[place] ?? 0),
      traits: this.#traits.get(this.#at.traits[place] ?? 0),
      lastSeen: ((this.#at.seen[place] ?? 1) - 1) * SECOND_MS,
      certEnds: ends === UNKNOWN_TIME ? null : (ends - 1) * SECOND_MS,
      isManaged: (flags & MANAGED) !== 0,
      wish: this.#at.wish[place] ?? 0,
      isHalted: (flags & HALTED) !== 0,
      isUnsettled: (flags & UNSETTLED) !== 0,
      mayHaveOwn: (flags & HAS_OWN) !== 0,
      drifted: flags & TELLS_DRIFT ? (flags & DRIFTED ? 1 : 0) : null,
    };
  }

  #takeTraits({ features, certIssuer }: Traits): number {
    return this.#traits.take(JSON.stringify([features, certIssuer]), () => ({ features, certIssuer }));
  }

  #newPlace(id: string): number {
    const place = this.#free.pop() ?? this.#places++;
    if (place >= this.#at.flags.length) this.#at = allWithPlaces(this.#at, this.#places);
    this.#ids.add(id, place);
    return place;
  }

  #release(place: number): void {
    this.#tagSets.release(this.#at.tags[place] ?? 0);
    this.#lists.release(this.#at.list[place] ?? 0);
    this.#traits.release(this.#at.traits[place] ?? 0);
  }
}

function flagsOf({ isManaged, isHalted, isUnsettled, drifted }: DeviceRow): number {
  const drift = drifted === null ? 0 : TELLS_DRIFT | (drifted > 0 ? DRIFTED : 0);
  return (isManaged ? MANAGED : 0) | (isHalted ? HALTED : 0) | (isUnsettled ? UNSETTLED : 0) | drift;
}

/** A time fits into 32 bits until 2106. */
function seconds(time: number | null): number {
  return time === null ? UNKNOWN_TIME : 1 + Math.min(Math.max(Math.floor(time / SECOND_MS), 0), 0xfffffffe);
}
