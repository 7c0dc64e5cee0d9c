import type { Digest } from "./digest.ts";

interface EntryBase {
  /** Relative to the install root, no leading slash, components separated by one slash: `usr/bin/openvpn`. */
  readonly path: string;
  /** Numeric owner, as in the archive (see decision 0003). */
  readonly uid: number;
  readonly gid: number;
}

/** A regular file: its content is the blob named by `digest`, `size` in bytes, `mode` the permission bits (07777). */
export interface FileEntry extends EntryBase {
  readonly type: "file";
  readonly mode: number;
  readonly size: number;
  readonly digest: Digest;
  /** File capabilities (capabilities(7)): the attribute `security.capability` in lower-case hexadecimal digits. */
  readonly capability?: string | undefined;
  /** Of a hard link: the first path, in the manifest's order, of the file that it is; that one has none. */
  readonly sameAs?: string | undefined;
}

/** A directory: shared with other packets, made when missing. */
export interface DirectoryEntry extends EntryBase {
  readonly type: "directory";
  readonly mode: number;
}

/** A symbolic link; `target` is kept as it is, relative or absolute. */
export interface SymlinkEntry extends EntryBase {
  readonly type: "symlink";
  readonly target: string;
}

/** What a packet puts on a device at one path. */
export type Entry = FileEntry | DirectoryEntry | SymlinkEntry;

/** An entry that has one owner: anything but a directory. */
export type PlacedEntry = Exclude<Entry, DirectoryEntry>;

/** True for anything but a directory. */
export function isPlaced(entry: Entry): entry is PlacedEntry {
  return entry.type !== "directory";
}

/** True when two entries say the same of a file, whatever its names. */
export function isSameFile(a: FileFacts, b: FileFacts): boolean {
  return (
    a.digest === b.digest &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.capability === b.capability
  );
}

/** What is said of a file itself. */
type FileFacts = Pick<FileEntry, "digest" | "size" | "mode" | "uid" | "gid" | "capability">;

/** A packet's entries in code-unit order of their paths, each path once, parents before children. */
export type Manifest = readonly Entry[];

/** Orders entries as a manifest wants them. */
export function sortedManifest(entries: readonly Entry[]): Manifest {
  if (entries.every(({ path }, at) => at === 0 || (entries[at - 1] as Entry).path <= path)) return entries;
  return [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** How many files there are; one with several names counts with each, and links to others do not. */
export function manifestFiles(manifest: Manifest): number {
  return manifest.filter(({ type }) => type === "file").length;
}

/** Bytes of all files together; one with several names counts once. */
export function manifestSize(manifest: Manifest): number {
  return manifest.reduce((sum, entry) => sum + (entry.type === "file" && !entry.sameAs ? entry.size : 0), 0);
}

/** The blobs a manifest needs, each once. */
export function manifestBlobs(manifest: Manifest): ReadonlyMap<Digest, number> {
  const blobs = new Map<Digest, number>();
  for (const entry of manifest) if (entry.type === "file") blobs.set(entry.digest, entry.size);
  return blobs;
}

/** The folders above all of these paths, each once. */
export function foldersAbove(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  let last = "";
  for (const path of paths) {
    const end = path.lastIndexOf("/");
    // Most paths come behind one in the same folder.
    if (end <= 0 || (end === last.length && path.startsWith(last))) continue;
    last = path.slice(0, end);
    for (let at = end; at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      // With it come those above it.
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

/** The folders above a path, outermost first: `a/b/c` gives `a`, `a/b`. */
export function parentPaths(path: string): readonly string[] {
  const parents: string[] = [];
  // Asked for each of thousands of entries, again and again: no list of its parts is made.
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) parents.push(path.slice(0, at));
  return parents;
}
