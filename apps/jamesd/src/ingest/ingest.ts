import { type ArchiveLimits, DEFAULT_LIMITS } from "@jamesd/archive";
import { type Digest, digestOf, JamesError, parseName, parseTags, sha256 } from "@jamesd/model";
import type { BlobHold, BlobStore } from "../blobs/blob-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { PacketInfo } from "../repository/packet-info.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import type { Ahead } from "./ahead-reading.ts";
import type { StoredPacket } from "./packet-messages.ts";
import type { PacketRequest } from "./packet-request.ts";
import { type MakesPacket, makeInThread } from "./packet-thread.ts";
import type { Uploads } from "./uploads.ts";

/** Where a packet comes from and goes to. */
export interface IngestStores {
  readonly uploads: Uploads;
  readonly blobs: BlobStore;
  readonly packets: Pick<PacketStore, "add" | "ofRequest">;
  /** What an archive may be like; the usual when left out. */
  readonly limits?: ArchiveLimits;
  /** What makes the packet; a thread when left out. */
  readonly make?: MakesPacket;
  /** What was read of the archive while it came. */
  readonly ahead?: Ahead | undefined;
  /** Told what failed without an effect on the answer: an archive that could not be removed, which goes after a day. */
  readonly failed: (thrown: unknown) => void;
}

/** A packet that was made, or was there. */
export interface Ingested {
  readonly info: PacketInfo;
  readonly created: boolean;
  /** What is probably not meant. */
  readonly warnings: readonly string[];
}

/**
 * Makes a packet of an uploaded archive: every file becomes a blob, then the packet is added; nothing names a blob
 * before it is durable. The archive is forgotten afterwards, also when it is refused; it stays only when the server is
 * to blame, or nobody waited any longer, so that another try need not upload it again. The same request again, when its
 * answer was lost, gives what the first one made.
 * @throws JamesError CANCELLED, NAME_INVALID, TAG_INVALID, BLOB_UNKNOWN, DIGEST_MISMATCH, ARCHIVE_*, CONFFILE_INVALID, SCRIPT_INVALID, PACKET_CONFLICT, STORAGE_FULL
 */
export async function ingestPacket(
  request: PacketRequest,
  origin: Origin,
  stores: IngestStores,
  signal: AbortSignal,
): Promise<Ingested> {
  const { blobs, packets } = stores;
  const digest = requestDigest(request);
  const hold = blobs.hold();
  try {
    const { packet, warnings } = await storeUpload(request, stores, hold, signal);
    const added = await packets.add(packet, origin, digest);
    await forget(request, stores);
    return { ...added, warnings };
  } catch (thrown) {
    const made = isUnknown(thrown) ? await packets.ofRequest(digest) : undefined;
    if (made) return { info: made, created: false, warnings: [] };
    if (isRefusal(thrown) && !signal.aborted) await forget(request, stores);
    throw thrown;
  } finally {
    hold.release();
  }
}

/** Says which requests are the same: those that ask for the same packet of the same archive. */
function requestDigest(request: PacketRequest): Digest {
  const { name, tags, upload, scripts, conffiles = [], policy = {}, setid = false, agent = false } = request;
  const { volatile = [] } = request;
  const contents = Object.entries(scripts).map(([script, content]) => [script, sha256(content)]);
  return digestOf("jamesd-request-v1", {
    ...{ name, tags, upload, scripts: Object.fromEntries(contents) },
    ...{ conffiles, policy, setid, agent },
    ...(volatile.length > 0 && { volatile }),
  });
}

/** Removes the archive. What was made of it, or why nothing was, holds also where that fails. */
async function forget({ upload }: PacketRequest, { uploads, failed }: IngestStores): Promise<void> {
  await uploads.remove(upload).catch(failed);
}

/** Has every content of the archive stored durably; gives the packet, and what is to be said of the archive. */
async function storeUpload(
  request: PacketRequest,
  { uploads, blobs, failed, limits: usual = DEFAULT_LIMITS, make = makeInThread, ahead }: IngestStores,
  hold: BlobHold,
  signal: AbortSignal,
): Promise<StoredPacket> {
  const parsed = { ...request, name: parseName(request.name), tags: parseTags(request.tags) };
  if (signal.aborted) throw cancelled();
  const limits = { ...usual, allowSetid: request.setid ?? false };
  const archive = await uploads.open(request.upload);
  try {
    if (ahead && (await ahead.isOf(archive))) return await ahead.packet(parsed, signal);
    const loan = await blobs.lend(hold);
    const task = { file: archive.fd, request: parsed, limits, loan: loan.task };
    return await make(task, loan, signal).finally(() => loan.end().catch(failed));
  } catch (thrown) {
    throw signal.aborted ? cancelled() : thrown;
  } finally {
    await archive.close();
  }
}

function cancelled(): JamesError {
  return new JamesError("CANCELLED", "nobody waits for the packet any more", {
    hint: "Ask again; the archive need not be uploaded again.",
  });
}

/** True when the archive is not there: that it was never sent, or made a packet already. */
function isUnknown(thrown: unknown): boolean {
  return thrown instanceof JamesError && thrown.code === "BLOB_UNKNOWN";
}

/** True when the request or the archive is to blame, so that the same again would fail again. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof JamesError && ["input", "conflict", "missing"].includes(thrown.class);
}
