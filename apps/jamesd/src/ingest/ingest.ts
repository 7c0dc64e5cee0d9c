import type { FileHandle } from "node:fs/promises";
import { type ArchiveLimits, DEFAULT_LIMITS } from "@jamesd/archive";
import {
  checkConffiles,
  checkScript,
  checkVolatile,
  type Digest,
  digestOf,
  JamesError,
  makePacket,
  type Packet,
  type Policy,
  parseName,
  parseTags,
  SCRIPT_NAMES,
  type ScriptName,
  type Scripts,
  sha256,
} from "@jamesd/model";
import { type BlobHold, type BlobStore, oneChunk } from "../blobs/blob-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { PacketInfo } from "../repository/packet-info.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import type { ReadArchive } from "./archive-messages.ts";
import { readInThread } from "./archive-thread.ts";
import { archiveWarnings } from "./archive-warnings.ts";
import { BlobSink } from "./blob-sink.ts";
import type { Uploads } from "./uploads.ts";

/** What a packet is made of; `upload` names the archive, uploaded before. */
export interface PacketRequest {
  readonly name: string;
  readonly tags: readonly string[];
  readonly upload: Digest;
  readonly scripts: { readonly [name in ScriptName]?: Uint8Array };
  /** As paths are in archives: a leading `/` or `./` does not count. */
  readonly conffiles?: readonly string[];
  readonly volatile?: readonly string[];
  readonly policy?: Policy;
  /** Setuid and setgid files are allowed. */
  readonly setid?: boolean;
  /** It may replace what an agent itself runs by. */
  readonly agent?: boolean;
}

/** Where a packet comes from and goes to. */
export interface IngestStores {
  readonly uploads: Uploads;
  readonly blobs: BlobStore;
  readonly packets: Pick<PacketStore, "add" | "ofRequest">;
  /** What an archive may be like; the usual when left out. */
  readonly limits?: ArchiveLimits;
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
    const { packet, warnings } = await storePacket(request, stores, hold, signal);
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

/** Stores every content durably and gives the packet, and what is to be said of its archive. */
async function storePacket(
  request: PacketRequest,
  { uploads, blobs, limits = DEFAULT_LIMITS }: IngestStores,
  hold: BlobHold,
  signal: AbortSignal,
): Promise<{ readonly packet: Packet; readonly warnings: readonly string[] }> {
  const { policy = {}, setid = false, agent = false } = request;
  const name = parseName(request.name);
  const tags = parseTags(request.tags);
  const sink = new BlobSink(blobs, hold);
  try {
    if (signal.aborted) throw cancelled();
    const archive = await uploads.open(request.upload);
    const { manifest, dropped } = await storeArchive(archive, sink, { ...limits, allowSetid: setid }, signal);
    const conffiles = (request.conffiles ?? []).map(asInManifest);
    const volatile = (request.volatile ?? []).map(asInManifest);
    checkConffiles({ conffiles, manifest });
    checkVolatile({ volatile, manifest });
    const scripts = await storeScripts(request.scripts, sink);
    await sink.flush();
    const packet = makePacket({ name, tags, scripts, manifest, conffiles, volatile, policy, setid, agent });
    return { packet, warnings: archiveWarnings(manifest, policy, dropped) };
  } finally {
    await sink.settle();
  }
}

/** A path as people write it, `./etc/app.conf`, `/etc/app.conf` or `var/cache/`, as manifests have it. */
function asInManifest(path: string): string {
  return path.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
}

async function storeArchive(
  archive: FileHandle,
  sink: BlobSink,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<ReadArchive> {
  try {
    return await readInThread(archive, { file: (content) => sink.file(content) }, limits, signal);
  } catch (thrown) {
    throw signal.aborted ? cancelled() : thrown;
  } finally {
    await archive.close();
  }
}

async function storeScripts(contents: PacketRequest["scripts"], sink: BlobSink): Promise<Scripts> {
  const scripts: { -readonly [name in ScriptName]?: { digest: Digest; size: number } } = {};
  for (const name of SCRIPT_NAMES) {
    const content = contents[name];
    if (content === undefined) continue;
    checkScript(name, content);
    scripts[name] = await sink.file(oneChunk(content));
  }
  return scripts;
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
