import { setImmediate as turn } from "node:timers/promises";
import { type DocumentVersion, tagsOfDevice } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import type { Repository } from "../repository/repository.ts";
import { LoadedDevice, type Resolving } from "./loaded-device.ts";
import type { TagSet } from "./tag-sets.ts";

/** So many are read together; then others run. */
const AT_ONCE = 250;

/** Reads devices, with what they should have of their own at the revision that memory has followed to. */
export interface LoaderParts {
  readonly repository: Pick<Repository, "devices" | "documents">;
  readonly resolving: Resolving;
  readonly peek: (tags: readonly string[]) => TagSet;
  /** Counts what memory took in from others: what was read before may be older. */
  readonly taken: () => number;
}

/** Devices that are read together in the next turn. */
interface Coming {
  readonly ids: Set<string>;
  readonly loaded: Promise<ReadonlyMap<string, LoadedDevice>>;
}

/** Brings devices into memory. Those that come within one turn of the event loop are read together. */
export class Loader {
  readonly #parts: LoaderParts;
  #coming: Coming | undefined;
  readonly #nobody: TagSet;

  constructor(parts: LoaderParts) {
    this.#parts = parts;
    this.#nobody = parts.peek([]);
  }

  /** One that may be new, with all that ask for it within this turn. */
  async one(id: string): Promise<LoadedDevice | undefined> {
    const coming = this.#coming ?? this.#gather();
    this.#coming = coming;
    coming.ids.add(id);
    return (await coming.loaded).get(id);
  }

  /** All of these, also those that are new, as of a revision; left out: of the one that memory has followed to. */
  async load(ids: readonly string[], revision?: number): Promise<ReadonlyMap<string, LoadedDevice>> {
    if (ids.length <= AT_ONCE) return this.#load(ids, revision);
    const loaded = new Map<string, LoadedDevice>();
    for (let i = 0; i < ids.length; i += AT_ONCE) {
      for (const entry of await this.#load(ids.slice(i, i + AT_ONCE), revision)) loaded.set(...entry);
      await turn();
    }
    return loaded;
  }

  async #load(ids: readonly string[], revision?: number): Promise<ReadonlyMap<string, LoadedDevice>> {
    for (;;) {
      const { repository, taken } = this.#parts;
      const before = taken();
      const records = await repository.devices.getAll(ids);
      const own = await this.own(ids, revision);
      if (taken() === before) return this.#made(ids, records, own);
    }
  }

  /** What some of them should have of their own. */
  async own(
    ids: readonly string[],
    revision = this.#parts.resolving.current.documents.revision,
  ): Promise<ReadonlyMap<string, DocumentVersion>> {
    const versions = await this.#parts.repository.documents.ownOf(ids, revision);
    return new Map(versions.map((version) => [version.id, version]));
  }

  #gather(): Coming {
    const ids = new Set<string>();
    const loaded = turn().then(() => {
      this.#coming = undefined;
      return this.load([...ids]);
    });
    return { ids, loaded };
  }

  #made(
    ids: readonly string[],
    records: readonly DeviceRecord[],
    own: ReadonlyMap<string, DocumentVersion>,
  ): ReadonlyMap<string, LoadedDevice> {
    const { resolving, peek } = this.#parts;
    const byId = new Map(records.map((record) => [record.id, record]));
    const devices = ids.map((id) => {
      const record = byId.get(id);
      const tagSet = record ? peek(tagsOfDevice(record.state.systemtags, record.given)) : this.#nobody;
      const device = new LoadedDevice(id, tagSet, own.get(id), resolving);
      if (record) device.setRecord(record, tagSet);
      return [id, device] as const;
    });
    return new Map(devices);
  }
}
