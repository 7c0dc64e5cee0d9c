import type { Content, Digest } from "@jamesd/model";

/** What a blob was made of. */
export interface MadeOf {
  /** The packet that it is, or makes. */
  readonly packet: Digest;
  /** The packet that it makes it of, when it is a delta. */
  readonly base?: Digest;
}

/** What is known of blobs that the server made of packets, and may forget. */
export interface MadeStore {
  /** The delta that turns one packet into another: null when it is known that none pays, undefined when nothing is known. */
  delta(base: Digest, target: Digest): Promise<Content | null | undefined>;
  /** Keeps a delta for as long as both packets are there; null: none pays. Nothing happens when one of them is not. */
  saveDelta(base: Digest, target: Digest, delta: Content | null): Promise<void>;
  /** The whole bundle of a packet: null when it is known that none pays, undefined when nothing is known. */
  wholeBundle(packet: Digest): Promise<Content | null | undefined>;
  /** Keeps a whole bundle for as long as its packet is there; null: none pays. Nothing happens when it is not. */
  saveWholeBundle(packet: Digest, bundle: Content | null): Promise<void>;
  /** The blobs that deltas and whole bundles are. */
  blobs(): Promise<readonly Digest[]>;
  /** What a blob was made of: of one packet, or of two when it is a delta; nothing when it was not made. */
  madeOf(digest: Digest): Promise<readonly MadeOf[]>;
  /** Notes that a delta or whole bundle was asked for at a time, in milliseconds since the epoch. */
  use(digest: Digest, time: number): Promise<void>;
  /** Forgets those deltas and whole bundles that were not asked for longest, until the others have at most so many bytes. @returns the bytes of those that it forgot */
  evict(maxBytes: number): Promise<number>;
}
