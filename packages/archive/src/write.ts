import { Readable } from "node:stream";
import { type Digest, type Entry, JamesError, type Manifest } from "@jamesd/model";
import { BLOCK, paddingOf } from "./tar/block.ts";
import { CAPABILITY_KEY } from "./tar/capability.ts";
import { encodeHeaders, type NewEntry } from "./tar/encode.ts";

/** A regular file of a tar that is no packet. */
export interface Member {
  readonly name: string;
  readonly size: number;
  /** Read when its turn comes; it must have as many bytes as `size` says. */
  readonly content: () => AsyncIterable<Uint8Array>;
}

/** An entry with what stands behind its headers. */
type Part = NewEntry & { readonly content?: () => AsyncIterable<Uint8Array> };

/** A plain tar equivalent to the archive that the manifest was read from; the same manifest gives the same bytes. */
export function writeArchive(manifest: Manifest, open: (digest: Digest) => Readable): Readable {
  return Readable.from(tarOf(manifest.map((entry) => partOf(entry, open))), { objectMode: false });
}

/** A plain tar of files that are made as they are written, in this order, all with one time. */
export function writeMembers(members: AsyncIterable<Member>, mtime: Date): Readable {
  return Readable.from(tarOf(memberParts(members, Math.trunc(mtime.getTime() / 1000))), {
    objectMode: false,
  });
}

async function* memberParts(members: AsyncIterable<Member>, mtime: number): AsyncGenerator<Part> {
  for await (const member of members) yield { ...member, flag: "0", mode: 0o644, uid: 0, gid: 0, mtime };
}

async function* tarOf(parts: AsyncIterable<Part> | Iterable<Part>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    yield encodeHeaders(part);
    if (part.content) yield* contentOf(part.name, part.size, part.content());
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function* contentOf(
  name: string,
  size: number,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let written = 0;
  for await (const chunk of content) {
    written += chunk.length;
    if (written > size) break;
    yield chunk;
  }
  if (written !== size)
    throw new JamesError(
      "INTERNAL",
      `the content of ${JSON.stringify(name)} has not the ${size} bytes it should`,
    );
  yield Buffer.alloc(paddingOf(size));
}

function partOf(entry: Entry, open: (digest: Digest) => Readable): Part {
  const { path, uid, gid } = entry;
  const base = { name: `./${path}`, uid, gid, size: 0, mtime: 0 };
  switch (entry.type) {
    case "file": {
      const { mode, sameAs, size, digest, capability } = entry;
      if (sameAs !== undefined) return { ...base, flag: "1", mode, target: `./${sameAs}` };
      const pax = capability === undefined ? [] : [[CAPABILITY_KEY, Buffer.from(capability, "hex")] as const];
      return { ...base, flag: "0", mode, size, pax, content: () => open(digest) };
    }
    case "directory":
      return { ...base, flag: "5", name: `${base.name}/`, mode: entry.mode };
    case "symlink":
      return { ...base, flag: "2", mode: 0o777, target: entry.target };
  }
}
