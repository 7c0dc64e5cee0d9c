import { type ArchiveLimits, readArchive } from "@jamesd/archive";
import {
  checkConffiles,
  checkScript,
  checkVolatile,
  type Digest,
  type Manifest,
  makePacket,
  SCRIPT_NAMES,
  type ScriptName,
  type Scripts,
} from "@jamesd/model";
import { type BlobHold, oneChunk } from "../blobs/blob-store.ts";
import type { BorrowedBlobStore } from "../blobs/folder.ts";
import { packPacket } from "../repository/packed-packet.ts";
import { archiveWarnings } from "./archive-warnings.ts";
import { AttributeNotes } from "./attribute-notes.ts";
import { BlobSink } from "./blob-sink.ts";
import type { StoredPacket } from "./packet-messages.ts";
import type { PacketRequest } from "./packet-request.ts";

/** Where the contents of a packet go. */
export interface PacketBlobs {
  readonly blobs: BorrowedBlobStore;
  readonly hold: BlobHold;
}

/** An archive, and what is to be made of it, which may become known later. */
export interface Ordered {
  readonly archive: AsyncIterable<Uint8Array>;
  readonly request: Promise<PacketRequest>;
}

/**
 * Stores every content of an archive durably, and gives the packet and what is to be said of it.
 * @throws JamesError ARCHIVE_*, CONFFILE_INVALID, VOLATILE_INVALID, SCRIPT_INVALID, STORAGE_FULL, STORE_CORRUPT
 */
export async function storePacket(
  { archive, request: ordered }: Ordered,
  limits: ArchiveLimits,
  { blobs, hold }: PacketBlobs,
): Promise<StoredPacket> {
  const sink = new BlobSink(blobs, hold);
  try {
    const notes = new AttributeNotes();
    const manifest = await readManifest(archive, sink, notes, limits);
    const request = await ordered;
    const { name, tags, policy = {}, setid = false, agent = false } = request;
    const conffiles = (request.conffiles ?? []).map(asInManifest);
    const volatile = (request.volatile ?? []).map(asInManifest);
    checkConffiles({ conffiles, manifest });
    checkVolatile({ volatile, manifest });
    const scripts = await storeScripts(request.scripts, sink);
    await sink.flush();
    const packet = makePacket({ name, tags, scripts, manifest, conffiles, volatile, policy, setid, agent });
    return { packet: packPacket(packet), warnings: archiveWarnings(packet, notes.dropped) };
  } finally {
    await sink.settle();
  }
}

function readManifest(
  archive: AsyncIterable<Uint8Array>,
  sink: BlobSink,
  notes: AttributeNotes,
  limits: ArchiveLimits,
): Promise<Manifest> {
  return readArchive(
    archive,
    {
      file: (content, size) => sink.file(content, size),
      dropped: (path, attributes) => notes.add(path, attributes),
    },
    limits,
  );
}

/** A path as people write it, `./etc/app.conf`, `/etc/app.conf` or `var/cache/`, as manifests have it. */
function asInManifest(path: string): string {
  return path.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
}

async function storeScripts(contents: PacketRequest["scripts"], sink: BlobSink): Promise<Scripts> {
  const scripts: { -readonly [name in ScriptName]?: { digest: Digest; size: number } } = {};
  for (const name of SCRIPT_NAMES) {
    const content = contents[name];
    if (content === undefined) continue;
    checkScript(name, content);
    scripts[name] = await sink.file(oneChunk(content), content.length);
  }
  return scripts;
}
