import { CLIENT_LIMITS, type ClientLimits } from "./clients.ts";
import type { GateSettings } from "./handshake-gate.ts";
import { type HandshakeLimits, handshakeLimits } from "./handshakes.ts";

/** How many connections there may be. */
export interface ConnectionLimits {
  readonly handshakes: HandshakeLimits;
  /** That wait before their handshake, in all and of one place. */
  readonly waiting: Pick<GateSettings, "most" | "mostOfPlace">;
  readonly client: ClientLimits;
  /** In all; whoever comes then is turned away. */
  readonly most: number;
}

/** Files that the server opens beside its connections: its database, its blobs, what is uploaded and downloaded. */
const FILES = 1024;

/** As many as are let in before they give up. */
const MOST_WAITING = 8192;

/** What a process that may have so many descriptors can bear. */
export function connectionLimits(descriptors: number): ConnectionLimits {
  const files = Math.min(FILES, Math.floor(descriptors / 4));
  const connections = Math.min(CLIENT_LIMITS.connections, Math.floor(descriptors / 8));
  const client = { ...CLIENT_LIMITS, connections };
  const waiting = Math.min(MOST_WAITING, Math.floor(descriptors / 4));
  return {
    handshakes: handshakeLimits(descriptors),
    waiting: { most: waiting, mostOfPlace: Math.ceil((waiting * 3) / 4) },
    client,
    most: descriptors - files,
  };
}
