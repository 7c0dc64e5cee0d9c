import type { HandshakeLimits } from "./handshakes.ts";
import { handshakeLimits } from "./handshakes.ts";

/** How many connections there may be. */
export interface ConnectionLimits {
  readonly handshakes: HandshakeLimits;
  /** In all; whoever comes then is turned away. */
  readonly most: number;
}

/** Files that the server opens beside its connections: its database, its blobs, what is uploaded and downloaded. */
const FILES = 1024;

/** What a process that may have so many descriptors can bear. */
export function connectionLimits(descriptors: number): ConnectionLimits {
  const files = Math.min(FILES, Math.floor(descriptors / 4));
  return { handshakes: handshakeLimits(descriptors), most: descriptors - files };
}
