import {
  type DirectoryEntry,
  type Entry,
  type InstalledApp,
  type Packet,
  type Policy,
  parentPaths,
  sortedManifest,
} from "@jamesd/model";
import { hasOwner } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf } from "../disk/tree-path.ts";
import type { Operation } from "../journal/operation.ts";
import type { AreaFinder } from "../plan/area-finder.ts";
import { IMPLIED } from "../plan/directory-modes.ts";
import { watched } from "./look-at-packet.ts";
import { markedDirectory } from "./mark.ts";
import type { Line } from "./note.ts";

/** An installed packet, and where the device is not as it has it. */
export interface Broken {
  readonly app: InstalledApp;
  readonly packet: Packet;
  readonly lines: ReadonlyMap<string, Line>;
  /** Whether its files have whatever owner the device gave them (`ownersHere`). */
  readonly here: Policy;
}

/** An installed packet as two: what is to be put in place anew, and what stays. */
export interface Parts {
  readonly broken: Packet;
  readonly rest: Packet;
}

/** Divides an installed packet. All names of a file are one thing: they stay one, or come anew together. */
export function splitOff({ packet, lines, here }: Broken): Parts {
  const entries = watched(packet);
  const files = new Set(entries.filter(({ path }) => lines.has(path)).map(fileOf));
  const isBroken = (entry: Entry): boolean =>
    entry.type === "directory" ? isGone(lines.get(entry.path)) : files.has(fileOf(entry));
  const manifest = entries.filter(isBroken);
  const broken = new Set(manifest.map(({ path }) => path));
  const owners = here.owners ?? packet.policy.owners;
  const part = { ...packet, scripts: {}, conffiles: [], policy: owners ? { owners } : {} };
  return {
    broken: { ...part, digest: `broken ${packet.digest}`, manifest: sortedManifest(manifest) },
    // The directories above stay those of the packet, also where all in them is broken.
    rest: {
      ...part,
      digest: `rest ${packet.digest}`,
      manifest: sortedManifest([
        ...packet.manifest.filter(({ type, path }) => type === "directory" || !broken.has(path)),
        ...directoriesAbove(manifest, packet),
      ]),
    },
  };
}

/** The operations that give directories the mode and owner back which they had when their packet was installed. */
export function directoryFixes(
  mended: readonly Broken[],
  finder: AreaFinder,
  root: RootFs,
): readonly Operation[] {
  return mended.flatMap(({ lines }) => [...lines.values()].flatMap((line) => fixesOf(line, finder, root)));
}

function fixesOf({ path: named, mark }: Line, finder: AreaFinder, root: RootFs): readonly Operation[] {
  const wanted = markedDirectory(mark);
  const there = wanted && root.lstat(named);
  const path = there?.isDirectory() ? root.resolve(named) : undefined;
  if (!wanted || !there || path === undefined) return [];
  const mount = finder.mountFor(parentOf(path));
  const [from, to] = [there.mode & 0o7777, wanted.mode];
  const { uid, gid } = wanted;
  return [
    ...(hasOwner(there, wanted)
      ? []
      : [
          {
            kind: "owner" as const,
            path,
            from: { uid: there.uid, gid: there.gid },
            to: { uid, gid },
            ...mount,
          },
        ]),
    ...(from === to ? [] : [{ kind: "mode" as const, path, from, to, ...mount }]),
  ];
}

/** What a file is, whatever its names. */
function fileOf(entry: Entry): string {
  return (entry.type === "file" ? entry.sameAs : undefined) ?? entry.path;
}

function isGone(line: Line | undefined): boolean {
  return line?.kinds.some((kind) => kind === "missing" || kind === "type") ?? false;
}

function directoriesAbove(manifest: readonly Entry[], packet: Packet): readonly DirectoryEntry[] {
  const known = new Set(packet.manifest.map(({ path }) => path));
  const above = new Set(manifest.flatMap(({ path }) => parentPaths(path)));
  return [...above]
    .filter((path) => !known.has(path))
    .map((path) => ({ type: "directory", path, ...IMPLIED }));
}
