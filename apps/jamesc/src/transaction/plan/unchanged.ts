import type { Stats } from "node:fs";
import {
  type Digest,
  type Entry,
  isPlaced,
  JamesError,
  type Packet,
  type PlacedEntry,
  type Plan,
  type Policy,
  parentPaths,
} from "@jamesd/model";
import { hasOwner, ownersOf } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { hasContent, linkAt } from "./content.ts";
import { type DirectoryMode, directoryModes } from "./directory-modes.ts";
import { type PacketOf, packetsTo } from "./packet-lookup.ts";

/** Files and links that a plan leaves where they are: by path, what was seen of them when they were compared. */
export type Unchanged = ReadonlyMap<string, Stats>;

/** Tells of a path whether what stands there now has this content, as far as that is known without reading it. */
export type IsCompared = (path: string, there: Stats, content: Digest) => boolean;

/** What is asked about a plan. */
export interface UnchangedQuestion {
  readonly plan: Plan;
  readonly packetOf: PacketOf;
  /** Directories that the agent made. */
  readonly directories: readonly string[];
  readonly root: RootFs;
  /** What the desired state says. */
  readonly policy: Policy;
  readonly isCompared: IsCompared;
}

/**
 * The files and links of packets that leave which stand on the device just as packets that come want them, in directories
 * that are as they would be made. They need not be fetched, staged or moved. None when scripts run: those may see that
 * files of old packets are gone, and what they do to files of new ones has to be undone.
 */
export async function findUnchanged(question: UnchangedQuestion, signal: AbortSignal): Promise<Unchanged> {
  const unchanged = new Map<string, Stats>();
  const { plan, packetOf, root } = question;
  const leaving = packetsTo("delete", plan.steps, packetOf);
  const coming = packetsTo("unpack", plan.steps, packetOf);
  if (leaving.length === 0 || runsScripts(plan, coming)) return unchanged;
  // Whether a file on the device has the capabilities that it should have cannot be seen.
  const leavingEntries = leaving.flatMap(({ manifest }) => manifest.filter(isPlaced));
  const leavingPaths = new Set(leavingEntries.filter(isPlain).map(pathOf));
  const stays = standing(question, coming);
  const wanted = coming.flatMap((packet) => packet.manifest.map(ownersOf(packet, question.policy)));
  const firsts = new Set(coming.flatMap(({ manifest }) => manifest.flatMap(sameAs)));
  for (const entry of wanted.filter(isPlaced)) {
    signal.throwIfAborted();
    if (!leavingPaths.has(entry.path) || !isPlain(entry) || !stays(entry.path)) continue;
    // Which names are one file may change while their content does not.
    if (firsts.has(entry.path) || sameAs(entry).length > 0) continue;
    const there = root.lstat(entry.path);
    if (there && isLike(there, entry) && (await isSame(entry, there, question)))
      unchanged.set(entry.path, there);
  }
  return unchanged;
}

/** Sees that what is left where it is has not been changed since, and is still the place of something that comes. @throws JamesError TRANSACTION_FAILED */
export function checkUnchanged(unchanged: Unchanged, coming: ReadonlySet<string>, root: RootFs): void {
  for (const [path, then] of unchanged) {
    const now = coming.has(path) ? root.lstat(path) : undefined;
    // Whatever is done to a file changes that time, and nobody can set it (inode(7)).
    if (now?.ino === then.ino && now.ctimeMs === then.ctimeMs) continue;
    throw new JamesError("TRANSACTION_FAILED", `/${path} was changed while the plan was carried out`, {
      hint: "The next try looks at it anew.",
    });
  }
}

function runsScripts({ steps }: Plan, coming: readonly Packet[]): boolean {
  return steps.some(({ kind }) => kind === "script") || coming.some(({ scripts }) => scripts.healthcheck);
}

/** Tells whether the directories above a path would be the same if they were removed and made again. */
function standing(
  { directories, root, policy }: UnchangedQuestion,
  coming: readonly Packet[],
): (path: string) => boolean {
  const made = new Set(directories);
  const modes = directoryModes(coming, policy);
  const isAsMade = (path: string): boolean => {
    if (!made.has(path)) return true;
    const there = root.lstat(path);
    const wanted = modes.get(path);
    return there?.isDirectory() === true && wanted !== undefined && hasMode(there, wanted);
  };
  const known = new Map<string, boolean>();
  return (path) =>
    parentPaths(path).every((parent) => {
      const answer = known.get(parent) ?? isAsMade(parent);
      known.set(parent, answer);
      return answer;
    });
}

function isLike(there: Stats, entry: PlacedEntry): boolean {
  if (entry.type === "symlink") return there.isSymbolicLink() && hasOwner(there, entry);
  // A file with another name as well could be changed by that.
  return there.isFile() && there.nlink === 1 && there.size === entry.size && hasMode(there, entry);
}

async function isSame(
  entry: PlacedEntry,
  there: Stats,
  { root, isCompared }: UnchangedQuestion,
): Promise<boolean> {
  if (entry.type === "symlink") return linkAt(entry.path, root) === entry.target;
  if (isCompared(entry.path, there, entry.digest)) return true;
  // What cannot be read, or went meanwhile, is to be put there anew.
  return hasContent(entry, root).catch(() => false);
}

function hasMode(there: Stats, wanted: DirectoryMode): boolean {
  return (there.mode & 0o7777) === wanted.mode && hasOwner(there, wanted);
}

function sameAs(entry: Entry): readonly string[] {
  return entry.type === "file" && entry.sameAs !== undefined ? [entry.sameAs] : [];
}

function isPlain(entry: PlacedEntry): boolean {
  return entry.type !== "file" || entry.capability === undefined;
}

function pathOf({ path }: Entry): string {
  return path;
}
