import type { DeviceRecord } from "./device-record.ts";
import type { Committed } from "./document-store.ts";
import type { NewEvent } from "./make-event.ts";
import type { RevisionRequest } from "./revision-store.ts";

/** The devices, and what they reported. */
export interface DeviceStore {
  /** Writes what devices reported, and the events that tell what is new in it, all or none; a known id is replaced. */
  save(records: readonly DeviceRecord[], events: readonly NewEvent[]): Promise<void>;
  /** Notes when devices were last seen; unknown ids are passed over. */
  touch(seen: ReadonlyMap<string, number>): Promise<void>;
  /** Forgets a device, and what it should have of its own as a revision, both or none; nothing when there is neither. */
  remove(id: string, request: RevisionRequest): Promise<Committed>;
  /** Every device, by id. */
  all(): Promise<readonly DeviceRecord[]>;
}
