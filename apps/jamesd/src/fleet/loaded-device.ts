import { type Digest, stateDigest } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { digestOfApps } from "../device/digest-of-apps.ts";
import { type Device, resolvable } from "./device.ts";
import type { OwnVersion } from "./resolver.ts";
import type { TagSet } from "./tag-sets.ts";
import type { Target } from "./target.ts";
import type { Views } from "./views.ts";

/** Who knows by what is resolved now. */
export interface Resolving {
  /** Another one as soon as documents or packets are others. */
  readonly current: Views;
}

/**
 * A device in memory. What it should have is asked for, not pushed: it is remembered with the views by which it was
 * found, and looked for again when that counts no longer. So a change costs nothing for the devices that nobody asks about.
 */
export class LoadedDevice implements Device {
  readonly id: string;
  readonly #resolving: Resolving;
  #record: DeviceRecord | undefined;
  #tagSet: TagSet;
  #own: OwnVersion | undefined;
  /** Undefined: not worked out yet. */
  #stateDigest: Digest | undefined;
  /** By which the target was found; undefined: it is not known. */
  #by: Views | undefined;
  #target: Target | undefined;

  constructor(id: string, tagSet: TagSet, own: OwnVersion | undefined, resolving: Resolving) {
    this.id = id;
    this.#tagSet = tagSet;
    this.#own = own;
    this.#resolving = resolving;
  }

  get record(): DeviceRecord | undefined {
    return this.#record;
  }

  get tagSet(): TagSet {
    return this.#tagSet;
  }

  get own(): OwnVersion | undefined {
    return this.#own;
  }

  get stateDigest(): Digest | undefined {
    this.#stateDigest ??= this.#record && stateDigest(this.#record.state);
    return this.#stateDigest;
  }

  get appsDigest(): Digest | undefined {
    return this.#record && digestOfApps(this.#record.state.apps);
  }

  get target(): Target | undefined {
    if (!this.#record) return undefined;
    const { current } = this.#resolving;
    if (this.#by !== current) {
      this.#target = current.target(resolvable(this));
      this.#by = current;
    }
    return this.#target;
  }

  /** Takes over what it reported, or what was decided for it; `digest` is that of its state, where it is known. */
  setRecord(record: DeviceRecord, tagSet: TagSet, digest?: Digest): void {
    this.#by = undefined;
    this.#record = record;
    this.#tagSet = tagSet;
    this.#stateDigest = digest;
  }

  /** Takes over what it should have of its own. */
  setOwn(own: OwnVersion): void {
    this.#by = undefined;
    this.#own = own;
  }
}
