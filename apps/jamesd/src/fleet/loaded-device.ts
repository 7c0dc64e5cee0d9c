import type { Digest } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { type Device, resolvable, type StateDigests } from "./device.ts";
import type { Resolver } from "./resolver.ts";
import type { TagSet } from "./tag-sets.ts";
import type { Target } from "./target.ts";

/** Who knows by what is resolved now. */
export interface Resolving {
  /** Another one as soon as documents or packets are others. */
  readonly current: Resolver;
}

/**
 * A device in memory. What it should have is asked for, not pushed: it is remembered with the resolver by which it was
 * found, and looked for again when that counts no longer. So a change costs nothing for the devices that nobody asks about.
 */
export class LoadedDevice implements Device {
  readonly id: string;
  record: DeviceRecord | undefined;
  stateDigest: Digest | undefined;
  appsDigest: Digest | undefined;
  tagSet: TagSet;
  readonly #resolving: Resolving;
  /** By which the target was found; undefined: it is not known. */
  #by: Resolver | undefined;
  #target: Target | undefined;

  constructor(id: string, tagSet: TagSet, resolving: Resolving) {
    this.id = id;
    this.tagSet = tagSet;
    this.#resolving = resolving;
  }

  get target(): Target | undefined {
    if (!this.record) return undefined;
    const { current } = this.#resolving;
    if (this.#by !== current) {
      this.#target = current.target(resolvable(this));
      this.#by = current;
    }
    return this.#target;
  }

  /** Takes over what it reported, or what was decided for it; `digests` are those of its state. */
  setRecord(record: DeviceRecord, tagSet: TagSet, digests: StateDigests): void {
    this.#by = undefined;
    this.record = record;
    this.tagSet = tagSet;
    this.stateDigest = digests.state;
    this.appsDigest = digests.apps;
  }
}
