import type { Stats } from "node:fs";
import {
  type Digest,
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
import { isIn, parentOf } from "../disk/tree-path.ts";
import { changedMeanwhile, hasContent, isUntouched, linkAt } from "./content.ts";
import { type DirectoryMode, directoryModes } from "./directory-modes.ts";
import { EntryFinder } from "./entry-finder.ts";
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
  const leaving = new EntryFinder(packetsTo("delete", steps, packetOf).map(({ manifest }) => manifest));
  const same = new Set<string>();
  for (const { manifest } of packetsTo("unpack", steps, packetOf))
    for (const entry of manifest) {
      const old = leaving.find(entry.path);
      if (old?.type === "file" && entry.type === "file" && isSameFile(entry, old)) same.add(entry.path);
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
    const owned = ownersOf(packet, question.policy);
    signal.throwIfAborted();
    for (const said of packet.manifest) {
      const entry = owned(said);
      if (!isPlaced(entry) || !isPlain(entry)) continue;
      if (!mayStay(entry.path, at) || !stays(entry.path) || !canBeBroughtBack(entry)) continue;
      // Which names are one file may change while their content does not.
      if (firsts.has(entry.path) || (entry.type === "file" && entry.sameAs !== undefined)) continue;
      const there = root.lstat(entry.path);
      if (!there || !isLike(there, entry)) continue;
      let isSame = isKnownSame(entry, there, question);
      if (isSame === undefined) {
        hasRead = true;
        isSame = await isReadSame(entry, root);
        signal.throwIfAborted();
      }
      if (isSame) unchanged.set(entry.path, seenOf(there));
    }
  }
  return { unchanged, hasRead };
}

function seenOf({ ino, size, mode, uid, gid, mtimeMs, ctimeMs, birthtimeMs }: Stats): Seen {
  return { ino, size, mode, uid, gid, mtimeMs, ctimeMs, birthtimeMs };
}

/** Sees that what is left where it is has not been changed since, and is still the place of something that comes. @throws JamesError TRANSACTION_FAILED */
export function checkUnchanged(
  unchanged: Unchanged,
  isComing: (path: string) => boolean,
  root: RootFs,
): void {
  for (const [path, then] of unchanged) {
    const now = isComing(path) ? root.lstat(path) : undefined;
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
  const scripts: number[] = [];
  const leaves: number[] = [];
  for (const [at, step] of plan.steps.entries()) {
    if (isScript(step, packetOf)) scripts.push(at);
    if (step.kind === "delete") leaves.push(at);
  }
  const leaving = packetsTo("delete", plan.steps, packetOf);
  const entries = new EntryFinder(leaving.map(({ manifest }) => manifest));
  return (path, at) => {
    const entry = entries.find(path);
    // Whether a file on the device has the capabilities that it should have cannot be seen.
    if (!entry || !isPlaced(entry) || !isPlain(entry)) return false;
    const left = leaves[entries.which] as number;
    return !scripts.some((script) => left < script && script < at);
  };
}

/**
 * Tells whether a file could be made anew just as it is: not a link, and not where its folder gives files what nobody
 * here can copy.
 */
function canBeKept(root: RootFs): (entry: PlacedEntry) => boolean {
  const isPlainFolder = ofFolder((folder) => root.isDirectory(folder) && !givesToFiles(folder, root));
  return ({ type, path }) => type !== "symlink" && isPlainFolder(path);
}

/** Answers for a path what is so in its folder, asked once of each; of the folder of the path before nothing is made. */
function ofFolder(ask: (folder: string) => boolean): (path: string) => boolean {
  const known = new Map<string, boolean>();
  let [last, answer]: [string | undefined, boolean] = [undefined, false];
  return (path) => {
    if (last !== undefined && isIn(path, last)) return answer;
    last = parentOf(path);
    answer = known.get(last) ?? ask(last);
    known.set(last, answer);
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
  return ofFolder(stands);
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
