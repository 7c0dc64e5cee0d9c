import { type Digest, type DriftReport, NO_DRIFT } from "@jamesd/model";
import { type DeviceRecord, NEW_STANDING } from "../device/device-record.ts";
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

const NOTHING = { agent: "", given: [], unmerged: [], certSerial: null, renew: null };
const NO_WISH = { transaction: null, retry: null, reinstall: null, go: null, verify: null };
const MANAGED_STANDING = { ...NEW_STANDING, isManaged: true };
const DRIFT: readonly DriftReport[] = [0, 1].map((count) => ({ ...NO_DRIFT, count }));

function sketched({ id, list, traits, lastSeen, certEnds, isManaged, drifted }: Member): DeviceRecord {
  const { features, certIssuer } = traits;
  return {
    ...NOTHING,
    ...NO_WISH,
    ...{ id, features, certIssuer, lastSeen, certEnds },
    state: { systemtags: [], apps: list.apps },
    drift: (drifted === null ? undefined : DRIFT[drifted]) ?? null,
    standing: isManaged ? MANAGED_STANDING : NEW_STANDING,
  };
}
