import type { Tag } from "@jamesd/model";
import type { DeviceRecord } from "../device/device-record.ts";
import type { DeviceRow } from "./device-row.ts";
import type { Committed } from "./document-store.ts";
import type { NewEvent } from "./event.ts";
import type { Origin } from "./origin.ts";
import type { RevisionRequest } from "./revision-store.ts";

/** That a device was seen. */
export interface Seen {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** When its certificate ends; undefined: not known, what was known before stays. */
  readonly certEnds: number | undefined;
  readonly certIssuer?: string | undefined;
  readonly certSerial?: string | undefined;
}

/** The devices, and what they reported. */
export interface DeviceStore {
  /**
   * Writes what devices reported, or what was decided for them, and the events that tell what is new in it, all or none; a
   * known id is replaced, but for its given tags. @throws CHANGE_OVERTAKEN
   */
  save(records: readonly DeviceRecord[], events: readonly NewEvent[], judgedAt?: number): Promise<void>;
  /** Has a device have these tags of the server, and no others; an unknown id is passed over. @throws CHANGE_OVERTAKEN */
  giveTags(id: string, tags: readonly Tag[], origin: Origin, judgedAt?: number): Promise<void>;
  /** The tags of a device that joined with them and has not checked in yet; its first record is to have them. */
  awaitedTags(id: string): Promise<readonly Tag[]>;
  /** Notes when devices were last seen; unknown ids are passed over. */
  noteSeen(seen: ReadonlyMap<string, Seen>): Promise<void>;
  /** Forgets a device, and what it should have of its own as a revision, both or none; nothing when there is neither. @throws CHANGE_OVERTAKEN */
  remove(id: string, request: RevisionRequest, judgedAt?: number): Promise<Committed>;
  /** One of them, or undefined. */
  get(id: string): Promise<DeviceRecord | undefined>;
  /** Those of these that there are. */
  getAll(ids: readonly string[]): Promise<readonly DeviceRecord[]>;
  /** At most so many, by id, from the first after an id, without what they reported. */
  rowsAfter(id: string, most: number): Promise<readonly DeviceRow[]>;
}
