import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Digest, Entry, FileEntry, Manifest } from "@jamesd/model";
import { type Header, type Pack, pack } from "tar-stream";

/** A regular file of a tar that is no packet. */
export interface Member {
  readonly name: string;
  readonly size: number;
  /** Read when its turn comes; it must have as many bytes as `size` says. */
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** An entry to be written. */
type NewHeader = Partial<Header> & Pick<Header, "name">;

/** The largest number that fits the six octal digits that the tar library writes of an owner. */
const MAX_PLAIN_ID = 0o777777;
/** Makes a mode of 0 differ from a missing one for the tar library, which writes only the low twelve bits. */
const REGULAR = 0o100000;

/** A plain tar equivalent to the archive that the manifest was read from; the same manifest gives the same bytes. */
export function writeArchive(manifest: Manifest, open: (digest: Digest) => Readable): Readable {
  const archive = pack();
  fill(archive, manifest, open).catch((error: Error) => archive.destroy(error));
  return Readable.from(archive, { objectMode: false });
}

/** A plain tar of files that are made as they are written, in this order, all with one time. */
export function writeMembers(members: AsyncIterable<Member>, mtime: Date): Readable {
  const archive = pack();
  fillMembers(archive, members, mtime).catch((error: Error) => archive.destroy(error));
  return Readable.from(archive, { objectMode: false });
}

async function fillMembers(archive: Pack, members: AsyncIterable<Member>, mtime: Date): Promise<void> {
  for await (const { name, size, content } of members)
    await pipeline(Readable.from(content()), archive.entry({ name, size, mtime, mode: 0o644 }));
  archive.finalize();
}

async function fill(archive: Pack, manifest: Manifest, open: (digest: Digest) => Readable): Promise<void> {
  for (const entry of manifest) {
    if (entry.type === "file" && !entry.sameAs) await addFile(archive, entry, open(entry.digest));
    else await add(archive, toHeader(entry));
  }
  archive.finalize();
}

function add(archive: Pack, header: NewHeader): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}

async function addFile(archive: Pack, entry: FileEntry, content: Readable): Promise<void> {
  await pipeline(content, archive.entry(toHeader(entry)));
}

function toHeader(entry: Entry): NewHeader {
  const { path, uid, gid, type } = entry;
  const owner = { uid: Math.min(uid, MAX_PLAIN_ID), gid: Math.min(gid, MAX_PLAIN_ID) };
  const header = { name: `./${path}`, type, ...owner, mtime: new Date(0), ...largeIds(entry) };
  switch (entry.type) {
    case "file":
      if (entry.sameAs)
        return { ...header, type: "link", mode: REGULAR | entry.mode, linkname: `./${entry.sameAs}` };
      return { ...header, mode: REGULAR | entry.mode, size: entry.size };
    case "directory":
      return { ...header, name: `${header.name}/`, mode: REGULAR | entry.mode };
    case "symlink":
      return { ...header, mode: REGULAR | 0o777, linkname: entry.target };
  }
}

function largeIds({ uid, gid }: Entry): { pax?: Record<string, string> } {
  if (Math.max(uid, gid) <= MAX_PLAIN_ID) return {};
  return { pax: { uid: String(uid), gid: String(gid) } };
}
