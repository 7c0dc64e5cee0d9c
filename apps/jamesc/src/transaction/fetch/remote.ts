import type { ArchiveLimits } from "@jamesd/archive/safe-path";
import type { BundledBlob, Content, Digest, Packet } from "@jamesd/model";
import { codedError } from "../disk/device-error.ts";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { TransactionEvent } from "../event.ts";
import type { Came } from "../onlooker.ts";
import type { Coding, Held } from "./compressed-part.ts";
import type { PacketStore } from "./packet-store.ts";

/** A content on its way. */
export interface BlobContent {
  /** How it is compressed, if it is. */
  readonly coding: Coding | undefined;
  readonly content: AsyncIterable<Uint8Array>;
}

/** How the agent gets what it lacks. What comes back is checked by the caller: the remote need not be trusted. */
export interface Remote {
  /** There is no server behind it that could be reached. */
  readonly isOffline?: true;
  packet(digest: Digest, signal: AbortSignal): Promise<Packet>;
  /** The delta that turns one packet into another, which is a blob; undefined when there is none after `waitMs`. */
  delta(base: Digest, target: Digest, waitMs: number, signal: AbortSignal): Promise<Content | undefined>;
  /** The content of a blob from byte `offset` on. */
  blob(digest: Digest, offset: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /**
   * The content of a blob as the server stores it: compressed, and then, when that is the form of which something is held,
   * from behind that on; or otherwise the whole, in another form or as it is.
   */
  compressedBlob(digest: Digest, held: Held, signal: AbortSignal): Promise<BlobContent>;
  /** The whole bundle of a packet, which is a blob; undefined when there is none after `waitMs`. */
  wholeBundle(packet: Digest, waitMs: number, signal: AbortSignal): Promise<Content | undefined>;
  /** The contents of these neighbours in a packet's bundle, one after the other. More may follow them. */
  bundle(
    packet: Digest,
    run: readonly BundledBlob[],
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Proves that the server can be reached now, over a connection of its own. @throws JamesError when it cannot */
  reach(signal: AbortSignal): Promise<void>;
}

/** What single contents come from. */
export type ContentSource = Pick<Remote, "blob" | "compressedBlob">;

/** What fetching for one transaction works with: where contents come from, where they go, and until when they are wanted. */
export interface Fetching {
  readonly remote: Remote;
  readonly signal: AbortSignal;
  /** Told when it is known what is to come, with what sees how much of it is there. */
  readonly watch?: ((look: () => Came) => void) | undefined;
  readonly layout: Layout;
  readonly store: PacketStore;
  /** Where what is installed may serve. */
  readonly root: RootFs;
  readonly limits: ArchiveLimits;
  readonly log: (event: TransactionEvent) => void;
}

/** Does what only saves bytes: what is wrong with it is logged as that of an event. @throws the signal's reason */
export async function tryToSave(
  event: string,
  { log, signal }: Fetching,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    signal.throwIfAborted();
    log({ event, error: codedError(thrown).toBody() });
  }
}
