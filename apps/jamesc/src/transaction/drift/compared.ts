import type { Digest, Packet } from "@jamesd/model";
import type { Layout } from "../disk/layout.ts";
import type { KnownContent, Seen } from "../plan/unchanged.ts";
import { type Mark, markOf } from "./mark.ts";
import { readNote } from "./note.ts";

/** What was last seen of files, by path, and their contents then. */
type Known = ReadonlyMap<string, { readonly mark: Mark; readonly content: Digest }>;

/**
 * What the notes of installed packets know of the contents of their files: nothing of what something was done to since, or
 * others may write to. They are read when the first file is asked about.
 */
export function comparedContents(packets: readonly Packet[], layout: Layout): KnownContent {
  let known: Known | undefined;
  const us = process.geteuid?.();
  return (path, there) => {
    known ??= readKnown(packets, layout);
    const line = known.get(path);
    return line && isOfAlone(us, there) && line.mark === markOf(there) ? line.content : undefined;
  };
}

function readKnown(packets: readonly Packet[], layout: Layout): Known {
  const known = new Map<string, { readonly mark: Mark; readonly content: Digest }>();
  for (const { digest, manifest } of packets) {
    let at = 0;
    for (const { path, mark, kinds } of readNote(layout, digest)?.lines() ?? []) {
      // Both are in the same order; the note has fewer.
      while (at < manifest.length && manifest[at]?.path !== path) at += 1;
      const entry = manifest[at];
      if (kinds.length === 0 && entry?.type === "file")
        known.set(entry.path, { mark, content: entry.digest });
    }
  }
  return known;
}

/** Others may have mapped a file into memory: what they write so changes no time once its page is dirty. mmap(2) */
function isOfAlone(user: number | undefined, { uid, mode }: Seen): boolean {
  return uid === user && (mode & 0o022) === 0;
}
