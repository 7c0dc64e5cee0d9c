import type {
  Content,
  DeviceState,
  Digest,
  DocumentChange,
  DocumentKey,
  DocumentVersion,
  Halt,
  Packet,
  Revision,
  StoredDocument,
  Tag,
} from "@jamesd/model";
import type { Delta, Event, EventKind, Followed, PacketInfo, Transaction } from "@jamesd/protocol";
import type { NewEvent } from "./make-event.ts";
import type { Origin } from "./origin.ts";

/** How a device stands to the history of this server. */
export interface Standing {
  /** What it said last that it followed; null: nothing. */
  readonly followed: Followed | null;
  /** What it may say though it is not of this history, because an operator decided so; null: nothing. */
  readonly accepted: Followed | null;
  readonly halt: Halt | null;
  /** It once had what this server wanted for it: when nothing is wanted for it any more, it should have nothing. */
  readonly isManaged: boolean;
  /** The largest number that what it should have had when it reported. */
  readonly wish: number;
}

/** That of a device of which nothing is known. */
export const NEW_STANDING: Standing = {
  followed: null,
  accepted: null,
  halt: null,
  isManaged: false,
  wish: 0,
};

/** What the server knows of a device besides its desired state. */
export interface DeviceRecord {
  readonly id: string;
  readonly state: DeviceState;
  /** The agent's version and runtime, as it says. */
  readonly agent: string;
  /** Milliseconds since the epoch. */
  readonly lastSeen: number;
  /** The last finished transaction; null when there was none. */
  readonly transaction: Transaction | null;
  /** Id of the failed transaction that an operator wants tried again; null when there is no such wish. */
  readonly retry: string | null;
  readonly standing: Standing;
}

/** A revision that changed the document of a device, or a spec that chooses by these tags, or did until then. */
export type Touch =
  | { readonly device: string; readonly revision: number }
  | { readonly selector: readonly Tag[]; readonly revision: number };

/** Who makes a revision, from where, when and why. */
export interface RevisionRequest extends Origin {
  readonly message: string;
}

/** The outcome of a commit: the newest revision of the fleet, and what it changed; nothing, when all was so already. */
export interface Committed {
  readonly revision: number;
  readonly changed: readonly DocumentVersion[];
}

/** The revisions after one, up to another. */
export interface RevisionRange {
  readonly after: number;
  readonly upTo: number;
}

/** Which revisions to read, newest first. */
export interface RevisionQuery {
  /** Only those that changed this document. */
  readonly document?: DocumentKey | undefined;
  /** Only those with a smaller number. */
  readonly before?: number | undefined;
  /** At the most so many. */
  readonly limit: number;
}

/** A revision and the documents that it changed: how many, and the first of them. */
export interface RevisionRecord extends Revision {
  readonly changed: number;
  readonly documents: readonly DocumentKey[];
}

/** Which events to read. */
export interface EventQuery {
  /** Only those about this device, and the revisions that concern it or devices with its tags. */
  readonly device?: { readonly id: string; readonly systemtags: readonly Tag[] } | undefined;
  /** Only those of one of these kinds, of which there is at least one. */
  readonly kinds?: readonly EventKind[] | undefined;
  /** Only those at this time, in milliseconds since the epoch, or later. */
  readonly since?: number | undefined;
  /** Only those before this time. */
  readonly until?: number | undefined;
  /** Only those with a larger sequence. */
  readonly after?: number | undefined;
  /** Only those with a smaller sequence. */
  readonly before?: number | undefined;
  /** At the most so many; fewer also when they are long together. */
  readonly limit: number;
  /** The last of them instead of the first. */
  readonly isLast: boolean;
}

/**
 * What the server must not forget, behind one small port. Whatever a method has done is durable when its promise
 * resolves. What changes something writes the event that tells of it in the same transaction. One contract suite (test/repository/repository.contract.ts) runs over every adapter.
 */
export interface Repository {
  /**
   * Adds a packet, and notes by which request (`requestDigest`). The same digest again changes nothing and gives what is
   * there. @throws PACKET_CONFLICT when name and tags are taken by another content
   */
  addPacket(
    packet: Packet,
    origin: Origin,
    request?: Digest,
  ): Promise<{ info: PacketInfo; created: boolean }>;
  /** The packet that a request made, of those that are there; a request is remembered for some thousand later ones. */
  packetOfRequest(request: Digest): Promise<PacketInfo | undefined>;
  /** The whole packet, or undefined. */
  packet(digest: Digest): Promise<Packet | undefined>;
  /** The whole packet as JSON, as it is stored: whoever reads it sees whether it has its digest. @throws JamesError STORE_CORRUPT */
  packetJson(digest: Digest): Promise<Uint8Array | undefined>;
  /** Every packet without its manifest, oldest first. */
  packets(): Promise<readonly PacketInfo[]>;
  /** The delta that turns one packet into another: null when it is known that none pays, undefined when nothing is known. */
  delta(base: Digest, target: Digest): Promise<Delta | null | undefined>;
  /** Keeps a delta for as long as both packets are there; null: none pays. Nothing happens when one of them is not. */
  saveDelta(base: Digest, target: Digest, delta: Delta | null): Promise<void>;
  /** The whole bundle of a packet: null when it is known that none pays, undefined when nothing is known. */
  wholeBundle(packet: Digest): Promise<Content | null | undefined>;
  /** Keeps a whole bundle for as long as its packet is there; null: none pays. Nothing happens when it is not. */
  saveWholeBundle(packet: Digest, bundle: Content | null): Promise<void>;
  /** The blobs that deltas and whole bundles are. */
  madeBlobs(): Promise<readonly Digest[]>;
  /** Notes that a delta or whole bundle was asked for at a time, in milliseconds since the epoch. */
  useMadeBlob(digest: Digest, time: number): Promise<void>;
  /** Forgets those deltas and whole bundles that were not asked for longest, until the others have at most so many bytes. @returns the bytes of those that it forgot */
  evictMadeBlobs(maxBytes: number): Promise<number>;
  /** Deletes a packet; false when there was none. Its blobs stay, for the collection of garbage. */
  removePacket(digest: Digest, origin: Origin): Promise<boolean>;

  /** Writes what devices reported, and the events that tell what is new in it, all or none; a known id is replaced. */
  saveDevices(records: readonly DeviceRecord[], events: readonly NewEvent[]): Promise<void>;
  /** Notes when devices were last seen; unknown ids are passed over. */
  touchDevices(seen: ReadonlyMap<string, number>): Promise<void>;
  /** Forgets a device, and what it should have of its own as a revision, both or none; nothing when there is neither. */
  removeDevice(id: string, request: RevisionRequest): Promise<Committed>;
  /** Every device, by id. */
  devices(): Promise<readonly DeviceRecord[]>;

  /**
   * Changes documents as one new revision whose parent is the newest one, all or nothing. What says the same as before
   * is left out; when nothing is left, there is no new revision.
   * @throws REVISION_CONFLICT when a document that changes is not at the revision that its change expects (0: there is none)
   */
  commit(changes: readonly DocumentChange[], request: RevisionRequest): Promise<Committed>;
  /**
   * What every document said at a revision, or says now, or only those that were touched in a range of revisions; by kind
   * and id, without those that were removed.
   */
  documents(revision?: number, touched?: RevisionRange): Promise<readonly StoredDocument[]>;
  /** What one document said at a revision, or says now; undefined when there was none. */
  document(key: DocumentKey, revision?: number): Promise<StoredDocument | undefined>;
  /** Everything that a document ever said, oldest first. */
  versions(key: DocumentKey): Promise<readonly DocumentVersion[]>;
  /** The newest revision that touched each device, and each selector that a spec has or ever had, though the spec may be gone. */
  touches(): Promise<readonly Touch[]>;
  /** The documents that a revision after the first of the two, up to the second, touched; by kind and id. */
  touched(after: number, upTo: number): Promise<readonly DocumentKey[]>;
  /** Revisions, newest first. */
  revisions(query: RevisionQuery): Promise<readonly RevisionRecord[]>;
  /** The number of the newest revision; 0 when there is none. */
  newestRevision(): Promise<number>;
  /** One revision; undefined when there is none of that number. */
  revision(number: number): Promise<Revision | undefined>;
  /** No revision that is made from now on has this number or a smaller one. */
  skipRevisions(upTo: number): Promise<void>;
  /** A secret that was made with the repository and stays with its history, also in a backup. */
  historyKey(): Promise<Uint8Array>;

  /**
   * Events by their sequence; an empty page is the end. Who has read an event has been shown all with smaller sequences:
   * none of them appears later. Of one device there are so many as an adapter was told to keep (`DeviceShare`), the
   * newest, and a sixteenth more at most.
   */
  events(query: EventQuery): Promise<readonly Event[]>;
  /** Deletes the events before a time, in milliseconds since the epoch. @returns how many */
  expireEvents(before: number): Promise<number>;
  /** Has a listener called after there may be new events. @returns what ends that */
  onEvents(listener: () => void): () => void;

  /** Waits for what is under way and closes. */
  close(): Promise<void>;
}
