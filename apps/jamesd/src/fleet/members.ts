import { JamesError, type Tag } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import { type KnownMember, type Member, newMember, setRecord } from "./member.ts";
import { type TagSet, TagSets } from "./tag-sets.ts";

/** The devices in memory, by id. */
export class Members {
  readonly #members = new Map<string, Member>();
  readonly #tagSets = new TagSets();
  /** Undefined when a device came or went. */
  #sortedIds: readonly string[] | undefined;

  /** A device; one that is new is there from now on. */
  of(id: string): Member {
    const known = this.#members.get(id);
    if (known) return known;
    const member = newMember(id, this.#tagSets.take([]));
    this.#members.set(id, member);
    this.#sortedIds = undefined;
    return member;
  }

  /** The tags of a report as a resolver wants them. */
  tagSet(tags: readonly Tag[]): TagSet {
    return this.#tagSets.peek(tags);
  }

  /** Takes over what a device reported. */
  setRecord(member: Member, record: DeviceRecord): void {
    const before = member.tagSet;
    setRecord(member, record, this.#tagSets.take(record.state.systemtags));
    // One that was removed while its report was on the way holds nothing: nobody would ever let go of it.
    this.#tagSets.release(this.has(member) ? before : member.tagSet);
  }

  /** False for one that was forgotten. */
  has(member: Member): boolean {
    return this.#members.get(member.id) === member;
  }

  /** A device that has checked in, or undefined. */
  find(id: string): KnownMember | undefined {
    const member = this.#members.get(id);
    return member && isKnown(member) ? member : undefined;
  }

  /** A device that has checked in. @throws JamesError DEVICE_UNKNOWN */
  known(id: string): KnownMember {
    const member = this.find(id);
    if (member) return member;
    throw unknownDevice(id);
  }

  /** Every device, also one whose first report is still under way. */
  all(): Iterable<Member> {
    return this.#members.values();
  }

  /** Every device that has checked in. */
  *allKnown(): Generator<KnownMember> {
    for (const member of this.#members.values()) if (isKnown(member)) yield member;
  }

  /** The devices that have checked in whose ids come after this one, by id. */
  *after(id: string): Generator<KnownMember> {
    this.#sortedIds ??= [...this.#members.keys()].sort();
    const ids = this.#sortedIds;
    for (let i = firstAfter(ids, id); i < ids.length; i += 1) {
      const member = this.find(ids[i] as string);
      if (member) yield member;
    }
  }

  remove(id: string): void {
    const member = this.#members.get(id);
    if (!member) return;
    this.#tagSets.release(member.tagSet);
    this.#members.delete(id);
    this.#sortedIds = undefined;
  }
}

/** Nothing is known of a device. */
export function unknownDevice(id: string): JamesError {
  return new JamesError("DEVICE_UNKNOWN", `there is no device ${JSON.stringify(id)}`, {
    hint: "list-devices shows those that have checked in, but for those that were removed; a device's id is the common name of its certificate.",
  });
}

function isKnown(member: Member): member is KnownMember {
  return member.record !== undefined;
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
