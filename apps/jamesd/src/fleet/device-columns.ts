import type { InstalledApp, Tag } from "@jamesd/model";
import { isLate } from "./certificate-watch.ts";
import type { Certificates } from "./certificates.ts";
import { type KnownDevice, type SyncStatus, syncStatus } from "./device.ts";
import { seenAt } from "./device-filter.ts";
import type { Presence } from "./presence.ts";

/** Devices as columns of what lists are sorted and filtered by: each has the same place in all of them. */
export interface DeviceColumns {
  /** When they were as they are here, in seconds since the epoch. */
  readonly time: number;
  readonly ids: readonly string[];
  /** Seconds before that. */
  readonly seen: readonly number[];
  /** The newest of the fleet that changed what each should have; 0: nobody wants anything. */
  readonly revision: readonly number[];
  /** Places in `states`, `tagLists` and `appLists`, which most devices share with others. */
  readonly state: readonly number[];
  readonly tags: readonly number[];
  readonly apps: readonly number[];
  readonly states: readonly StateOfDevices[];
  readonly tagLists: readonly (readonly Tag[])[];
  readonly appLists: readonly (readonly InstalledApp[])[];
  /** There are devices after the last of these. */
  readonly more: boolean;
}

/** How devices stand, as far as many stand so. */
export interface StateOfDevices {
  readonly sync: SyncStatus;
  readonly connected: boolean;
  /** Somewhere they are not as their packets have it; null: they do not say. */
  readonly drifted: boolean | null;
  /** Their certificates were not renewed when they should have been. */
  readonly late: boolean;
}

/** Gathers columns. */
export class ColumnsOfDevices {
  readonly #presence: Presence;
  readonly #certificates: Pick<Certificates, "areRenewed">;
  readonly #now: number;
  readonly #columns = {
    ids: [] as string[],
    seen: [] as number[],
    revision: [] as number[],
    state: [] as number[],
    tags: [] as number[],
    apps: [] as number[],
    states: [] as StateOfDevices[],
    tagLists: [] as (readonly Tag[])[],
    appLists: [] as (readonly InstalledApp[])[],
  };
  readonly #statePlaces = new Map<string, number>();
  readonly #tagPlaces = new Map<unknown, number>();
  readonly #appPlaces = new Map<unknown, number>();

  /** @param now milliseconds since the epoch */
  constructor(presence: Presence, certificates: Pick<Certificates, "areRenewed">, now: number) {
    this.#presence = presence;
    this.#certificates = certificates;
    this.#now = now;
  }

  /** What was added; `more` says whether there are others after it. */
  columns(more: boolean): DeviceColumns {
    return { time: seconds(this.#now), ...this.#columns, more };
  }

  get size(): number {
    return this.#columns.ids.length;
  }

  add(device: KnownDevice): void {
    const { id, record, tagSet, target, appsDigest } = device;
    const { states, tagLists, appLists, ...to } = this.#columns;
    const state = this.#stateOf(device);
    const { sync, connected, drifted, late } = state;
    to.ids.push(id);
    to.seen.push(Math.max(0, seconds(this.#now) - seconds(seenAt(device, this.#presence, this.#now))));
    to.revision.push(target?.wanted.revision ?? 0);
    to.state.push(placeOf(this.#statePlaces, `${sync} ${connected} ${drifted} ${late}`, states, state));
    to.tags.push(placeOf(this.#tagPlaces, tagSet, tagLists, tagSet.tags));
    to.apps.push(placeOf(this.#appPlaces, appsDigest, appLists, record.state.apps));
  }

  #stateOf(device: KnownDevice): StateOfDevices {
    const { drift } = device.record;
    return {
      sync: syncStatus(device, this.#presence),
      connected: this.#presence.isConnected(device.id),
      drifted: drift === null ? null : drift.count > 0,
      late: isLate(device, this.#presence, this.#certificates, this.#now),
    };
  }
}

function placeOf<K, T>(places: Map<K, number>, key: K, lists: T[], list: T): number {
  const known = places.get(key);
  if (known !== undefined) return known;
  places.set(key, lists.length);
  return lists.push(list) - 1;
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
