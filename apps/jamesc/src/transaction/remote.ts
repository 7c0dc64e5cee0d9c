import type { Digest, Packet } from "@jamesd/model";

/** How the agent gets what it lacks. What comes back is checked by the caller: the remote need not be trusted. */
export interface Remote {
  packet(digest: Digest, signal: AbortSignal): Promise<Packet>;
  /** The content of a blob from byte `offset` on. */
  blob(digest: Digest, offset: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}
