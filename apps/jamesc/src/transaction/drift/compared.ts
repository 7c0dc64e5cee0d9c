import type { Stats } from "node:fs";
import type { Digest, Packet } from "@jamesd/model";
import type { Layout } from "../disk/layout.ts";
import type { KnownContent } from "../plan/unchanged.ts";
import { type Mark, markOf } from "./mark.ts";
import { readNote } from "./note.ts";

/** What was last seen of files, by path, and their contents then. */
type Known = ReadonlyMap<string, { readonly mark: Mark; readonly content: Digest | undefined }>;

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
  const known = new Map<string, { readonly mark: Mark; content: Digest | undefined }>();
  for (const { digest, manifest } of packets) {
    for (const { path, mark, kinds } of readNote(layout, digest)?.lines() ?? [])
      if (kinds.length === 0) known.set(path, { mark, content: undefined });
    for (const entry of manifest) {
      const line = entry.type === "file" ? known.get(entry.path) : undefined;
      if (line && entry.type === "file") line.content = entry.digest;
    }
  }
  return known;
}

/** Others may have mapped a file into memory: what they write so changes no time once its page is dirty. mmap(2) */
function isOfAlone(user: number | undefined, { uid, mode }: Stats): boolean {
  return uid === user && (mode & 0o022) === 0;
}
