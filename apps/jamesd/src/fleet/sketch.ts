import { type Digest, type DriftReport, NO_DRIFT } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { type Device, resolvable } from "./device.ts";
import type { Resolving } from "./loaded-device.ts";
import type { OwnVersion } from "./resolver.ts";
import type { Member } from "./roster.ts";
import type { TagSet } from "./tag-sets.ts";
import type { Target } from "./target.ts";
import type { Views } from "./views.ts";

/**
 * A device as far as it is known without reading what it reported, of those that are settled: how it stands to what it
 * should have, its tags, apps and agent's features are as they are; of its times the parts of a second are not known, of
 * its drift only whether there is any, and what else a record says is empty.
 */
export class Sketch implements Device {
  readonly id: string;
  readonly record: DeviceRecord;
  readonly stateDigest = undefined;
  readonly appsDigest: Digest;
  readonly tagSet: TagSet;
  readonly own: OwnVersion | undefined;
  readonly #resolving: Resolving;
  /** By which the target was found; undefined: it was not asked for. */
  #by: Views | undefined;
  #target: Target | undefined;

  constructor(member: Member, own: OwnVersion | undefined, resolving: Resolving) {
    this.id = member.id;
    this.record = sketched(member);
    this.appsDigest = member.list.digest;
    this.tagSet = member.tagSet;
    this.own = own;
    this.#resolving = resolving;
  }

  get target(): Target | undefined {
    const { current } = this.#resolving;
    if (this.#by !== current) {
      this.#target = current.target(resolvable(this));
      this.#by = current;
    }
    return this.#target;
  }
}

const NOTHING: readonly never[] = [];
const DRIFT: readonly DriftReport[] = [0, 1].map((count) => ({ ...NO_DRIFT, count }));

// Field by field: a fleet has many, and parts that are spread into an object take several times as long.
function sketched({ id, list, traits, lastSeen, certEnds, isManaged, wish, drifted }: Member): DeviceRecord {
  return {
    id,
    state: { systemtags: NOTHING, apps: list.apps },
    given: NOTHING,
    agent: "",
    features: traits.features,
    unmerged: NOTHING,
    lastSeen,
    certEnds,
    certIssuer: traits.certIssuer,
    certSerial: null,
    renew: null,
    transaction: null,
    retry: null,
    drift: (drifted === null ? undefined : DRIFT[drifted]) ?? null,
    go: null,
    verify: null,
    reinstall: null,
    standing: { followed: null, accepted: null, halt: null, isManaged, wish, claimed: NOTHING },
  };
}
