import type { App, DesiredState, DeviceState, Digest, Packet, Policy, Revision } from "@jamesd/model";
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

/** What makes a revision. */
export interface RevisionRequest {
  readonly author: string;
  readonly message: string;
  readonly time: number;
  /** How the desired state is to be carried out; nothing special when left out. */
  readonly policy?: Policy;
}

/** The outcome of setting a desired state: the current revision of it, and whether it is a new one. */
export interface DesiredResult {
  readonly desired: DesiredState;
  readonly changed: boolean;
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
  /** Every device, by id. */
  devices(): Promise<readonly DeviceRecord[]>;

  /**
   * Sets what a device should have, as a new revision whose parent is the newest one of the fleet. The same apps
   * again (by name and tags, whatever the order) with the same policy make none.
   * @throws REVISION_CONFLICT when `expected` is given and is not the revision of the current desired state (0: it has none yet)
   */
  setDesired(
    id: string,
    apps: readonly App[],
    request: RevisionRequest,
    expected?: number,
  ): Promise<DesiredResult>;
  /** The current desired state of every device that has one. */
  desiredStates(): Promise<readonly DesiredState[]>;
  /** Every revision, oldest first. */
  revisions(): Promise<readonly Revision[]>;

  /** Waits for what is under way and closes. */
  close(): Promise<void>;
}
