import type { InstalledApp, Tag } from "@jamesd/model";
import { isLate } from "./certificate-watch.ts";
import type { Certificates } from "./certificates.ts";
import { type KnownDevice, type SyncStatus, syncStatus } from "./device.ts";
import { seenAt } from "./device-filter.ts";
import type { Presence } from "./presence.ts";

/** Devices as columns of what lists are sorted and filtered by: each has the same place in all of them. */
export interface DeviceColumns {
  readonly ids: readonly string[];
  readonly sync: readonly SyncStatus[];
  readonly connected: readonly boolean[];
  /** Seconds since the epoch. */
  readonly lastSeen: readonly number[];
  /** The newest of the fleet that changed what each should have; 0: nobody wants anything. */
  readonly revision: readonly number[];
  /** Somewhere it is not as its packets have it; null: it does not say. */
  readonly drifted: readonly (boolean | null)[];
  /** Places of those whose certificates were not renewed when they should have been. */
  readonly late: readonly number[];
  /** Places in `tagLists` and `appLists`, which most devices share with others. */
  readonly tags: readonly number[];
  readonly apps: readonly number[];
  readonly tagLists: readonly (readonly Tag[])[];
  readonly appLists: readonly (readonly InstalledApp[])[];
}

/** Gathers columns. */
export class ColumnsOfDevices {
  readonly #presence: Presence;
  readonly #certificates: Pick<Certificates, "areRenewed">;
  readonly #now: number;
  readonly #columns = {
    ids: [] as string[],
    sync: [] as SyncStatus[],
    connected: [] as boolean[],
    lastSeen: [] as number[],
    revision: [] as number[],
    drifted: [] as (boolean | null)[],
    late: [] as number[],
    tags: [] as number[],
    apps: [] as number[],
    tagLists: [] as (readonly Tag[])[],
    appLists: [] as (readonly InstalledApp[])[],
  };
  readonly #tagPlaces = new Map<unknown, number>();
  readonly #appPlaces = new Map<unknown, number>();

  /** @param now milliseconds since the epoch */
  constructor(presence: Presence, certificates: Pick<Certificates, "areRenewed">, now: number) {
    this.#presence = presence;
    this.#certificates = certificates;
    this.#now = now;
  }

  get columns(): DeviceColumns {
    return this.#columns;
  }

  get size(): number {
    return this.#columns.ids.length;
  }

  add(device: KnownDevice): void {
    const { id, record, tagSet, target, appsDigest } = device;
    const { tagLists, appLists, ...to } = this.#columns;
    if (isLate(device, this.#presence, this.#certificates, this.#now)) to.late.push(to.ids.length);
    to.ids.push(id);
    to.sync.push(syncStatus(device, this.#presence));
    to.connected.push(this.#presence.isConnected(id));
    to.lastSeen.push(Math.floor(seenAt(device, this.#presence, this.#now) / 1000));
    to.revision.push(target?.wanted.revision ?? 0);
    to.drifted.push(record.drift === null ? null : record.drift.count > 0);
    to.tags.push(placeOf(this.#tagPlaces, tagSet, tagLists, tagSet.tags));
    to.apps.push(placeOf(this.#appPlaces, appsDigest, appLists, record.state.apps));
  }
}

function placeOf<T>(places: Map<unknown, number>, key: unknown, lists: T[], list: T): number {
  const known = places.get(key);
  if (known !== undefined) return known;
  places.set(key, lists.length);
  return lists.push(list) - 1;
}
