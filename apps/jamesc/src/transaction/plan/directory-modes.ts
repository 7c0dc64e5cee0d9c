import { foldersAbove, type Packet, type Policy, parentPaths } from "@jamesd/model";
import { ownersOf } from "../disk/owners.ts";
import { isIn, parentOf } from "../disk/tree-path.ts";
import { EntryFinder } from "./entry-finder.ts";

/** Mode and owner of a directory. */
export interface DirectoryMode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a directory is that a packet implies by putting something into it. */
export const IMPLIED: DirectoryMode = { mode: 0o755, uid: 0, gid: 0 };

/** What the directories of these packets are when they are made for them: the first packet to name or imply one decides. */
export function directoryModes(
  packets: readonly Packet[],
  policy: Policy,
): ReadonlyMap<string, DirectoryMode> {
  const modes = new Map<string, DirectoryMode>();
  const add = (path: string, mode: DirectoryMode): void => void (modes.has(path) || modes.set(path, mode));
  for (const packet of packets) {
    const owned = ownersOf(packet, policy);
    let folder = "";
    for (const entry of packet.manifest) {
      if (!isIn(entry.path, folder)) {
        folder = parentOf(entry.path);
        if (!modes.has(folder)) for (const parent of parentPaths(entry.path)) add(parent, owned(IMPLIED));
      }
      if (entry.type === "directory") add(entry.path, owned(entry));
    }
  }
  return modes;
}

/** Tells whether one of these packets has a path, be it that of an implied directory. */
export function pathsOf(packets: readonly Packet[]): (path: string) => boolean {
  const entries = new EntryFinder(packets.map(({ manifest }) => manifest));
  const folders = foldersAbove(packets.flatMap(({ manifest }) => manifest.map(({ path }) => path)));
  return (path) => folders.has(path) || entries.find(path) !== undefined;
}

/** A packet's directories, implied ones as well, in path order. */
export function directoriesOf(packet: Packet): readonly string[] {
  const all = foldersAbove(packet.manifest.map(({ path }) => path));
  for (const { type, path } of packet.manifest) if (type === "directory") all.add(path);
  return [...all].sort();
}
