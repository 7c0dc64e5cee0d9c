import type { Table } from "@jamesd/config/print";
import { type Digest, type Entry, manifestSize, type Packet } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { policyView } from "./policy-text.ts";
import { isoTime } from "./time.ts";

const SHORT_DIGEST = 12;
/** What lstat(2) says of every symbolic link. */
const LINK_MODE = 0o777;

/** The first digits of a digest: enough to tell packets apart, and to name one. */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, SHORT_DIGEST);
}

/** A packet for people, without its entries. */
export function packetView(info: PacketInfo) {
  const { name, tags, digest, scripts, files, size, uploaded, author } = info;
  return { name, tags, digest, scripts, files, size, uploaded: isoTime(uploaded), author };
}

/** A packet with its entries; `info` says what is not part of its content. */
export function packetDetailView(packet: Packet, info: PacketInfo | undefined) {
  const { name, tags, digest, scripts, conffiles, volatile, policy, setid, agent, manifest } = packet;
  return {
    name,
    tags,
    digest,
    scripts,
    files: manifest.filter((entry) => entry.type === "file").length,
    size: manifestSize(manifest),
    ...(conffiles.length > 0 && { conffiles }),
    ...(volatile.length > 0 && { volatile }),
    ...policyView(policy),
    ...(setid && { setid }),
    ...(agent && { agent }),
    ...(info && { uploaded: isoTime(info.uploaded), author: info.author }),
    entries: manifest.map(entryView),
  };
}

/** The entries of a packet as lines, as `ls -l` would have them. */
export function entryTable({ manifest }: Packet): Table {
  return {
    columns: ["mode", "owner", "size", "path"],
    rows: manifest.map((entry) => [
      modeText(entry),
      `${entry.uid}:${entry.gid}`,
      entry.type === "file" ? String(entry.size) : "-",
      `/${entry.path}${endOf(entry)}`,
    ]),
  };
}

function endOf(entry: Entry): string {
  if (entry.type === "directory") return "/";
  if (entry.type === "symlink") return ` -> ${entry.target}`;
  return entry.sameAs === undefined ? "" : ` = /${entry.sameAs}`;
}

/** An entry without its path, as `ls -l` would tell of it: mode, owner, size or where it leads. */
export function entryText(entry: Entry): string {
  const head = `${modeText(entry)} ${entry.uid}:${entry.gid}`;
  if (entry.type === "symlink") return `${head} -> ${entry.target}`;
  return entry.type === "directory" ? `${head} directory` : `${head} ${entry.size}`;
}

/** A mode as `ls -l` has it in digits; a link has none of its own. */
function modeText(entry: Entry): string {
  return "mode" in entry ? octal(entry.mode) : "link";
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Packets as lines. */
export function packetTable(packets: readonly PacketInfo[]): Table {
  return {
    columns: ["name", "tags", "digest", "files", "size", "uploaded", "author"],
    rows: packets.map(({ name, tags, digest, files, size, uploaded, author }) => [
      name,
      tags.join(","),
      shortDigest(digest),
      String(files),
      String(size),
      isoTime(uploaded),
      author,
    ]),
  };
}

/** An entry for programs. Modes are octal to everybody; a plain number would show 493. A link has the one that Linux gives to all of them. */
export function entryView(entry: Entry) {
  const { path, type, ...rest } = entry;
  return { path, type, ...rest, mode: octal("mode" in entry ? entry.mode : LINK_MODE) };
}
