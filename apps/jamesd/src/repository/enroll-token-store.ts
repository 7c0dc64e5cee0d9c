import type { Tag } from "@jamesd/model";
import type { Origin } from "./origin.ts";

/** Which devices a token lets in, and what they get with it. */
export interface EnrollTokenScope {
  /** The only one that it is for; null: it is not bound to one. */
  readonly device: string | null;
  /** What the id begins with; null: whatever. */
  readonly prefix: string | null;
  /** Given to the devices. */
  readonly tags: readonly Tag[];
}

/** A token by which devices join, as it is kept: without its secret. Its origin is who made it. */
export interface EnrollToken extends Origin, EnrollTokenScope {
  readonly id: string;
  /** SHA-256 of the secret, in hexadecimal. */
  readonly secretDigest: string;
  /** So many devices may join by it, and so many have. */
  readonly uses: number;
  readonly used: number;
  /** Milliseconds since the epoch. */
  readonly ends: number;
  /** When a device joined by it last; null: none has. */
  readonly lastUsed: number | null;
}

/** The tokens by which devices join; those that ended long ago are forgotten when one is added. */
export interface EnrollTokenStore {
  /** All that there are, in the order in which they were made. */
  all(): Promise<readonly EnrollToken[]>;
  get(id: string): Promise<EnrollToken | undefined>;
  add(token: EnrollToken): Promise<void>;
  /** @returns what was removed; undefined: there was none */
  remove(id: string, origin: Origin): Promise<EnrollToken | undefined>;
}
