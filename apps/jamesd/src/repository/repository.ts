import type {
  DeviceState,
  Digest,
  DocumentChange,
  DocumentKey,
  DocumentVersion,
  Packet,
  Revision,
  StoredDocument,
} from "@jamesd/model";
import type { Delta, PacketInfo, Transaction } from "@jamesd/protocol";

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
}

/** Who makes a revision, when and why. */
export interface RevisionRequest {
  readonly author: string;
  readonly message: string;
  readonly time: number;
}

/** The outcome of a commit: the newest revision of the fleet, and what it changed; nothing, when all was so already. */
export interface Committed {
  readonly revision: number;
  readonly changed: readonly DocumentVersion[];
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

/**
 * What the server must not forget, behind one small port. Whatever a method has done is durable when its promise
 * resolves. One contract suite (test/repository.contract.ts) runs over every adapter.
 */
export interface Repository {
  /** Adds a packet. The same digest again changes nothing and gives what is there. @throws PACKET_CONFLICT when name and tags are taken by another content */
  addPacket(
    packet: Packet,
    upload: { author: string; time: number },
  ): Promise<{ info: PacketInfo; created: boolean }>;
  /** The whole packet, or undefined. */
  packet(digest: Digest): Promise<Packet | undefined>;
  /** Every packet without its manifest, oldest first. */
  packets(): Promise<readonly PacketInfo[]>;
  /** The delta that turns one packet into another: null when it is known that none pays, undefined when nothing is known. */
  delta(base: Digest, target: Digest): Promise<Delta | null | undefined>;
  /** Keeps a delta for as long as both packets are there; null: none pays. Nothing happens when one of them is not. */
  saveDelta(base: Digest, target: Digest, delta: Delta | null): Promise<void>;
  /** The blobs that deltas are. */
  deltas(): Promise<readonly Digest[]>;
  /** Deletes a packet; false when there was none. Its blobs stay, for the collection of garbage. */
  removePacket(digest: Digest): Promise<boolean>;

  /** Writes what devices reported, all or none; a known id is replaced. */
  saveDevices(records: readonly DeviceRecord[]): Promise<void>;
  /** Notes when devices were last seen; unknown ids are passed over. */
  touchDevices(seen: ReadonlyMap<string, number>): Promise<void>;
  /** Forgets a device; false when it was not known. What it should have stays. */
  removeDevice(id: string): Promise<boolean>;
  /** Every device, by id. */
  devices(): Promise<readonly DeviceRecord[]>;

  /**
   * Changes documents as one new revision whose parent is the newest one, all or nothing. What says the same as before
   * is left out; when nothing is left, there is no new revision.
   * @throws REVISION_CONFLICT when a document is not at the revision that its change expects (0: there is none)
   */
  commit(changes: readonly DocumentChange[], request: RevisionRequest): Promise<Committed>;
  /** What every document said at a revision, or says now; by kind and id, without those that were removed. */
  documents(revision?: number): Promise<readonly StoredDocument[]>;
  /** What one document said at a revision, or says now; undefined when there was none. */
  document(key: DocumentKey, revision?: number): Promise<StoredDocument | undefined>;
  /** Everything that a document ever said, oldest first. */
  versions(key: DocumentKey): Promise<readonly DocumentVersion[]>;
  /** The documents that a revision after the first of the two, up to the second, touched; by kind and id. */
  touched(after: number, upTo: number): Promise<readonly DocumentKey[]>;
  /** Revisions, newest first. */
  revisions(query: RevisionQuery): Promise<readonly RevisionRecord[]>;
  /** The number of the newest revision; 0 when there is none. */
  newestRevision(): Promise<number>;

  /** Waits for what is under way and closes. */
  close(): Promise<void>;
}
