import { quoted, refusal } from "../refuse.ts";
import { droppedAttributes } from "./attributes.ts";
import { capabilityOf } from "./capability.ts";
import type { Header } from "./header.ts";
import type { PaxRecords } from "./pax.ts";

/** An entry as the archive has it, before any judgement. */
export interface TarEntry {
  /** What the header's flag means; `unknown` for what no packet can have. */
  readonly type: string;
  /** As it stands there, with `./` in front and `/` behind. */
  readonly name: string;
  readonly target: string;
  readonly mode: number;
  /** Not a number when a pax header says something else. */
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** File capabilities in hexadecimal digits, which make of a program what setuid root makes of it. */
  readonly capability: string | undefined;
  /** Names of what else it has that no packet keeps: extended attributes, ACLs, labels. */
  readonly dropped: readonly string[];
  /** Where the content begins in the tar. */
  readonly offset: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What the headers in front of an entry's own say of it. */
export interface Extended {
  readonly pax?: PaxRecords;
  readonly longName?: string;
  readonly longTarget?: string;
}

const TYPES: Readonly<Record<string, string>> = {
  "\0": "file",
  0: "file",
  1: "link",
  2: "symlink",
  3: "character-device",
  4: "block-device",
  5: "directory",
  6: "fifo",
  // On a disk that keeps them in one piece; GNU tar knows none and makes files of them.
  7: "file",
};

/** Names are read as UTF-8 and refused when they are none, so these two mean the same here. */
const CHARSETS: readonly string[] = ["BINARY", "ISO-IR 10646 2000 UTF-8"];
/** What is said of one entry and cannot hold for all. */
const SINGULAR = /^(path|linkpath|size|GNU\.sparse\..*|SCHILY\.realsize|(SCHILY|LIBARCHIVE)\.xattr\..*)$/;

/** Puts together what all headers say of an entry, as GNU tar does: its own pax header counts most, then the global one. @throws JamesError ARCHIVE_CORRUPT, ARCHIVE_UNSAFE */
export function mergeHeaders(
  header: Header,
  { pax = new Map(), longName, longTarget }: Extended,
  global: PaxRecords,
): Omit<TarEntry, "offset" | "content"> {
  const textOf = (key: string): string | undefined => (pax.get(key) ?? global.get(key))?.toString();
  const name = textOf("path") ?? longName ?? header.name;
  refuseSparse(header.flag, pax, name);
  refuseCharset(textOf("hdrcharset"), name);
  return {
    type: typeOf(header.flag, name),
    name,
    target: textOf("linkpath") ?? longTarget ?? header.target,
    mode: header.mode,
    uid: idOf(textOf("uid")) ?? header.uid,
    gid: idOf(textOf("gid")) ?? header.gid,
    size: sizeOf(header, textOf("size"), name),
    capability: capabilityOf(pax, name),
    dropped: droppedAttributes(pax),
  };
}

/** Sees that a global header says nothing that only one entry can have. @throws JamesError ARCHIVE_UNSAFE */
export function checkGlobal(global: PaxRecords): PaxRecords {
  const key = [...global.keys()].find((name) => SINGULAR.test(name));
  if (key === undefined) return global;
  throw refusal("ARCHIVE_UNSAFE", `a pax global header gives all entries the same ${quoted(key)}`);
}

// The oldest tars know no directories but by the slash.
function typeOf(flag: string, name: string): string {
  const type = TYPES[flag] ?? "unknown";
  return type === "file" && name.endsWith("/") ? "directory" : type;
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
}

// The size of a directory is what it may grow to, that of a hard link the file's: neither has a content.
function sizeOf({ flag, size }: Header, pax: string | undefined, name: string): number {
  if (flag === "5") return 0;
  const value = pax === undefined ? (flag === "1" ? 0 : size) : /^\d+$/.test(pax) ? Number(pax) : -1;
  if (value >= 0 && Number.isSafeInteger(value)) return value;
  throw refusal("ARCHIVE_CORRUPT", `the tar is damaged: the size of ${quoted(name)} is none`);
}

function refuseSparse(flag: string, pax: PaxRecords, name: string): void {
  const isSparse = [...pax.keys()].some((key) => key.startsWith("GNU.sparse.") || key === "SCHILY.realsize");
  if (flag !== "S" && !isSparse) return;
  throw refusal(
    "ARCHIVE_UNSAFE",
    `${quoted(pax.get("GNU.sparse.name")?.toString() ?? name)} is packed as a sparse file`,
    "Pack it without -S (--sparse), with bsdtar: --no-read-sparse. Compressed, its zeros take next to no room.",
  );
}

function refuseCharset(charset: string | undefined, name: string): void {
  if (charset === undefined || CHARSETS.includes(charset)) return;
  throw refusal(
    "ARCHIVE_UNSAFE",
    `the names of ${quoted(name)} are in the character set ${quoted(charset)}`,
    "Pack it with names in UTF-8.",
  );
}
