import type { Stats } from "node:fs";
import {
  type Digest,
  type FileEntry,
  isPlaced,
  isSameFile,
  type Packet,
  type PlacedEntry,
  type Plan,
  type Policy,
  type Step,
} from "@jamesd/model";
import { givesToFiles } from "../disk/gives.ts";
import { hasOwner, ownersOf } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf } from "../disk/tree-path.ts";
import { changedMeanwhile, hasContent, isUntouched, linkAt } from "./content.ts";
import { type DirectoryMode, directoryModes } from "./directory-modes.ts";
import { type PacketOf, packetsTo } from "./packet-lookup.ts";

/** Files and links that a plan leaves where they are: by path, what was seen of them when they were compared. */
export type Unchanged = ReadonlyMap<string, Seen>;

/** What is kept of what was seen of a file or link: of tens of thousands, the rest of it would be most of the memory. */
export type Seen = Pick<
  Stats,
  "ino" | "size" | "mode" | "uid" | "gid" | "mtimeMs" | "ctimeMs" | "birthtimeMs"
>;

/** What a look at the device found. */
export interface Look {
  readonly unchanged: Unchanged;
  /** Contents were read for it, which may have taken long. */
  readonly hasRead: boolean;
}

/** Gives the content of what stands at a path now, as far as that is known without reading it. */
export type KnownContent = (path: string, there: Seen) => Digest | undefined;

/** What is asked about a plan. */
export interface UnchangedQuestion {
  readonly plan: Plan;
  readonly packetOf: PacketOf;
  /** Directories that the agent made. */
  readonly directories: readonly string[];
  readonly root: RootFs;
  /** What the desired state says. */
  readonly policy: Policy;
  readonly knownContent: KnownContent;
}

/**
 * Paths of files that a packet which leaves has just as one that comes: as far as nobody changed them on the device, and no
 * script is to see them gone, they are unchanged.
 */
export function sameFiles({ steps }: Plan, packetOf: PacketOf): ReadonlySet<string> {
  const leaving = new Map<string, FileEntry>();
  for (const { manifest } of packetsTo("delete", steps, packetOf))
    for (const entry of manifest) if (entry.type === "file") leaving.set(entry.path, entry);
  const same = new Set<string>();
  for (const { manifest } of packetsTo("unpack", steps, packetOf))
    for (const entry of manifest) {
      const old = leaving.get(entry.path);
      if (old && entry.type === "file" && isSameFile(entry, old)) same.add(entry.path);
    }
  return same;
}

/**
 * The files and links of packets that leave which stand on the device just as packets that come want them, in directories
 * that are as they would be made. They need not be fetched, staged or moved. None between whose going and coming a
 * script runs, which may see that files of old packets are gone; and where any script runs only those that can be brought back as they were, whatever it does (`canBeKept`).
 */
export async function findUnchanged(question: UnchangedQuestion, signal: AbortSignal): Promise<Look> {
  const unchanged = new Map<string, Seen>();
  let hasRead = false;
  const { plan, packetOf, root } = question;
  const leaving = packetsTo("delete", plan.steps, packetOf);
  const coming = packetsTo("unpack", plan.steps, packetOf);
  const hasScripts = runsScripts(plan, packetOf);
  // An older agent that is to prove itself does not know of files that are kept.
  const isOwnUpdate = [...leaving, ...coming].some(({ agent }) => agent);
  if (leaving.length === 0 || (hasScripts && isOwnUpdate)) return { unchanged, hasRead };
  const mayStay = withoutScriptBetween(question);
  const canBeBroughtBack = hasScripts ? canBeKept(root) : () => true;
  const stays = standing(question, coming);
  const firsts = new Set<string>();
  for (const { manifest } of coming)
    for (const entry of manifest) if (entry.type === "file" && entry.sameAs) firsts.add(entry.sameAs);
  for (const [at, { kind, packet: digest }] of plan.steps.entries()) {
    if (kind !== "unpack") continue;
    const packet = packetOf(digest);
    for (const entry of packet.manifest.map(ownersOf(packet, question.policy))) {
      if (!isPlaced(entry) || !isPlain(entry)) continue;
      signal.throwIfAborted();
      if (!mayStay(entry.path, at) || !stays(entry.path) || !canBeBroughtBack(entry)) continue;
      // Which names are one file may change while their content does not.
      if (firsts.has(entry.path) || (entry.type === "file" && entry.sameAs !== undefined)) continue;
      const there = root.lstat(entry.path);
      if (!there || !isLike(there, entry)) continue;
      const isSame = isKnownSame(entry, there, question);
      hasRead ||= isSame === undefined;
      if (isSame ?? (await isReadSame(entry, root))) unchanged.set(entry.path, seenOf(there));
    }
  }
  return { unchanged, hasRead };
}

function seenOf({ ino, size, mode, uid, gid, mtimeMs, ctimeMs, birthtimeMs }: Stats): Seen {
  return { ino, size, mode, uid, gid, mtimeMs, ctimeMs, birthtimeMs };
}

/** Sees that what is left where it is has not been changed since, and is still the place of something that comes. @throws JamesError TRANSACTION_FAILED */
export function checkUnchanged(unchanged: Unchanged, coming: ReadonlySet<string>, root: RootFs): void {
  for (const [path, then] of unchanged) {
    const now = coming.has(path) ? root.lstat(path) : undefined;
    if (!now || !isUntouched(now, then)) throw changedMeanwhile(path);
  }
}

/** True when a script or healthcheck runs while a plan is carried out. */
export function runsScripts({ steps }: Plan, packetOf: PacketOf): boolean {
  return steps.some(
    (step) =>
      isScript(step, packetOf) || (step.kind === "unpack" && packetOf(step.packet).scripts.healthcheck),
  );
}

// One that its packet does not have is planned when the server no longer knows the packet.
function isScript(step: Step, packetOf: PacketOf): boolean {
  return step.kind === "script" && packetOf(step.packet).scripts[step.script] !== undefined;
}

/** Tells of a path whether a packet that leaves has it, and no script runs between then and the unpacking, which is step `at`. */
function withoutScriptBetween({ plan, packetOf }: UnchangedQuestion): (path: string, at: number) => boolean {
  const leaves = new Map<string, number>();
  const scripts: number[] = [];
  for (const [at, step] of plan.steps.entries()) {
    if (isScript(step, packetOf)) scripts.push(at);
    if (step.kind !== "delete") continue;
    // Whether a file on the device has the capabilities that it should have cannot be seen.
    for (const entry of packetOf(step.packet).manifest)
      if (isPlaced(entry) && isPlain(entry)) leaves.set(entry.path, at);
  }
  return (path, at) => {
    const left = leaves.get(path);
    return left !== undefined && !scripts.some((script) => left < script && script < at);
  };
}

/**
 * Tells whether a file could be made anew just as it is: not a link, and not where its folder gives files what nobody
 * here can copy.
 */
function canBeKept(root: RootFs): (entry: PlacedEntry) => boolean {
  const known = new Map<string, boolean>();
  return ({ type, path }) => {
    if (type === "symlink") return false;
    const folder = parentOf(path);
    const answer = known.get(folder) ?? (root.isDirectory(folder) && !givesToFiles(folder, root));
    known.set(folder, answer);
    return answer;
  };
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
  const known = new Map([["", true]]);
  const stands = (folder: string): boolean => {
    const answer = known.get(folder) ?? (stands(parentOf(folder)) && isAsMade(folder));
    known.set(folder, answer);
    return answer;
  };
  return (path) => stands(parentOf(path));
}

function isLike(there: Stats, entry: PlacedEntry): boolean {
  if (entry.type === "symlink") return there.isSymbolicLink() && hasOwner(there, entry);
  // A file with another name as well could be changed by that.
  return there.isFile() && there.nlink === 1 && there.size === entry.size && hasMode(there, entry);
}

/** Undefined when it has to be read. */
function isKnownSame(
  entry: PlacedEntry,
  there: Stats,
  { root, knownContent }: UnchangedQuestion,
): boolean | undefined {
  if (entry.type === "symlink") return linkAt(entry.path, root) === entry.target;
  const content = knownContent(entry.path, there);
  return content === undefined ? undefined : content === entry.digest;
}

// What cannot be read, or went meanwhile, is to be put there anew.
async function isReadSame(entry: PlacedEntry, root: RootFs): Promise<boolean> {
  return entry.type === "file" && hasContent(entry, root).catch(() => false);
}

function hasMode(there: Stats, wanted: DirectoryMode): boolean {
  return (there.mode & 0o7777) === wanted.mode && hasOwner(there, wanted);
}

function isPlain(entry: PlacedEntry): boolean {
  return entry.type !== "file" || entry.capability === undefined;
}
