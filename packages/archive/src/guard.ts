import {
  type DirectoryEntry,
  type Entry,
  type JamesError,
  type Manifest,
  sortedManifest,
} from "@jamesd/model";
import type { ArchiveLimits } from "./limits.ts";
import { quoted, refusal } from "./refuse.ts";
import { checkEntry, checkManifest, checkPath, checkRights } from "./safe-path.ts";
import type { TarEntry } from "./tar/entries.ts";

/**
 * Collects the entries of one archive and refuses, as early as it can be known, what must not be in one. What depends
 * on several entries in any order (something below a link) is judged on the whole manifest at the end.
 */
export class ArchiveGuard {
  readonly #limits: ArchiveLimits;
  readonly #entries = new Map<string, Entry>();
  // By path, which file each is: the paths of one file have one list of them all.
  readonly #names = new Map<string, string[]>();
  #count = 0;
  #bytes = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  /** Judges an entry by its header, before its content is read; gives its path, undefined for the root itself. */
  admit(entry: TarEntry): string | undefined {
    this.#count += 1;
    if (this.#count > this.#limits.entries)
      throw refusal("ARCHIVE_TOO_LARGE", `the archive has more than ${this.#limits.entries} entries`);
    const path = cleanPath(entry.name);
    if (path === ".") {
      if (entry.type === "directory") return undefined;
      throw refusal("ARCHIVE_UNSAFE", `the root of the archive is a ${entry.type}`);
    }
    checkPath(path, this.#limits);
    this.#admitSize(path, entry);
    if (entry.type === "file") checkRights({ ...entry, path }, this.#limits);
    else if (entry.capability !== undefined && entry.type !== "link") throw noProgram(path, entry.type);
    return path;
  }

  #admitSize(path: string, { type, size }: TarEntry): void {
    if (type !== "file") {
      if (size !== 0) throw refusal("ARCHIVE_UNSAFE", `${quoted(path)} is a ${type} with content`);
      return;
    }
    this.#addBytes(path, size);
  }

  #addBytes(path: string, size: number): void {
    this.#bytes += size;
    if (this.#bytes > this.#limits.bytes)
      throw refusal(
        "ARCHIVE_TOO_LARGE",
        `with ${quoted(path)} the files have more than ${this.#limits.bytes} bytes`,
      );
  }

  /**
   * Adds another name of an earlier file or symbolic link. What the link's own header says of mode and owner is nothing:
   * they are the file's; only capabilities that the file does not have would be lost. A name that is there already, as a
   * link to itself makes, is none more.
   */
  addLink(path: string, target: string, capability: string | undefined): void {
    const earlier = this.#entries.get(cleanPath(target));
    if (earlier === undefined || earlier.type === "directory")
      throw refusal(
        "ARCHIVE_UNSAFE",
        `${quoted(path)} is a hard link to ${quoted(target)}, which is no earlier file of the archive`,
      );
    if (capability !== undefined && !(earlier.type === "file" && earlier.capability === capability))
      throw refusal(
        "ARCHIVE_UNSAFE",
        `the hard link ${quoted(path)} has other file capabilities than its file ${quoted(earlier.path)}`,
      );
    if (path === earlier.path) return;
    this.add({ ...earlier, path });
    const names = this.#names.get(earlier.path) ?? [earlier.path];
    names.push(path);
    for (const name of names) this.#names.set(name, names);
  }

  /** Adds an entry; a directory may come twice when nothing about it differs. */
  add(entry: Entry): void {
    checkEntry(entry, this.#limits);
    const earlier = this.#entries.get(entry.path);
    if (earlier !== undefined && !isSameDirectory(earlier, entry)) throw occursTwice(earlier, entry);
    this.#entries.set(entry.path, entry);
  }

  /** All entries as a manifest, judged as a whole. */
  manifest(): Manifest {
    const manifest = sortedManifest([...this.#entries.values()].map((entry) => this.#named(entry)));
    checkManifest(manifest, this.#limits);
    return manifest;
  }

  // In the manifest's order, not the archive's: the same tree gives the same packet however it was packed.
  #named(entry: Entry): Entry {
    const first = this.#names.get(entry.path)?.toSorted(byCodeUnits)[0];
    return entry.type !== "file" || first === undefined || first === entry.path
      ? entry
      : { ...entry, sameAs: first };
  }
}

function noProgram(path: string, type: string): JamesError {
  return refusal("ARCHIVE_UNSAFE", `${quoted(path)} is a ${type} with file capabilities`);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Drops what means nothing in a path, as tar does: `./`, slashes in a row and behind. The root becomes `.`; an absolute path stays as it is. */
function cleanPath(name: string): string {
  if (name === "" || name.startsWith("/")) return name;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "." : parts.join("/");
}

function occursTwice(earlier: Entry, entry: Entry): JamesError {
  const twice = `the path ${quoted(entry.path)} occurs twice`;
  if (earlier.type !== "directory" || entry.type !== "directory") return refusal("ARCHIVE_UNSAFE", twice);
  return refusal(
    "ARCHIVE_UNSAFE",
    `${twice}, as directories whose mode or owner differs (${rightsOf(earlier)} and ${rightsOf(entry)})`,
    "Put the trees together in one folder first, and pack that.",
  );
}

function rightsOf({ mode, uid, gid }: DirectoryEntry): string {
  return `${mode.toString(8).padStart(4, "0")} ${uid}:${gid}`;
}

function isSameDirectory(a: Entry, b: Entry): boolean {
  if (a.type !== "directory" || b.type !== "directory") return false;
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}
