import type { Table } from "@jamesd/config/print";
import {
  type Entry,
  entryCells,
  manifestFiles,
  manifestSize,
  octal,
  type Packet,
  policyView,
  shortDigest,
} from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";

/** What lstat(2) says of every symbolic link. */
const LINK_MODE = 0o777;

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
    files: manifestFiles(manifest),
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
    rows: manifest.map(entryCells),
  };
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
