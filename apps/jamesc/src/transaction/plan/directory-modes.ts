import { type Packet, type Policy, parentPaths } from "@jamesd/model";
import { ownersOf } from "../disk/owners.ts";

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
    for (const entry of packet.manifest) {
      for (const parent of parentPaths(entry.path)) add(parent, owned(IMPLIED));
      if (entry.type === "directory") add(entry.path, owned(entry));
    }
  }
  return modes;
}

/** A packet's directories, implied ones as well, in path order. */
export function directoriesOf(packet: Packet): readonly string[] {
  const all = packet.manifest.flatMap((entry) =>
    entry.type === "directory" ? [...parentPaths(entry.path), entry.path] : parentPaths(entry.path),
  );
  return [...new Set(all)].sort();
}
