import { randomBytes } from "node:crypto";
import {
  besideConffile,
  type Digest,
  type FileEntry,
  foldersAbove,
  isPlaced,
  type Packet,
  type PlacedEntry,
  type Policy,
  parentPaths,
  type Step,
  type StepKind,
} from "@jamesd/model";
import { needsOwner, ownersOf } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { isIn, parentOf } from "../disk/tree-path.ts";
import { NEW_SLOT, OLD_SLOT, type Operation, SWAPPABLE } from "../journal/operation.ts";
import type { AreaFinder } from "./area-finder.ts";
import { likeness } from "./as-before.ts";
import { ClosedDirectories } from "./closed-directories.ts";
import type { Conffiles } from "./conffiles.ts";
import { type DirectoryMode, directoriesOf, IMPLIED, pathsOf } from "./directory-modes.ts";
import { Keeper } from "./keeper.ts";
import type { Belongings } from "./marks.ts";
import { type PacketOf, packetsTo } from "./packet-lookup.ts";
import type { Seen, Unchanged } from "./unchanged.ts";

/** An entry that must wait, complete, in a slot before the switch. */
export interface StagedEntry {
  readonly entry: PlacedEntry;
  readonly area: number;
  readonly slot: string;
}

/** A plan as operations on this device, what to stage for it, and which directories are the agent's when it is done. */
export interface Compiled {
  readonly operations: readonly Operation[];
  readonly staged: readonly StagedEntry[];
  readonly directories: readonly string[];
  /** Where something stands that is no longer what the packet that goes had put there: it is left. */
  readonly spared: readonly string[];
  /** Where the same stands, and makes way for what comes. */
  readonly replaced: readonly string[];
}

/** What compiling looks at. `remaining` are the packets that the plan does not touch. */
export interface CompileInput {
  readonly steps: readonly Step[];
  readonly packetOf: PacketOf;
  readonly remaining: readonly Packet[];
  readonly directories: readonly string[];
  readonly root: RootFs;
  readonly areas: AreaFinder;
  readonly conffiles: Conffiles;
  /** Paths of files and links that are left where they are, for packets that come have the same there. */
  readonly unchanged: Unchanged;
  /** Scripts run, which may change those. */
  readonly runsScripts: boolean;
  /** What no packet owns and the policy lets make way. */
  readonly taken: ReadonlySet<string>;
  /** What the desired state says. */
  readonly policy: Policy;
  readonly belongings: Belongings;
}

/** Turns steps into operations, looking at the device but changing nothing. */
export function compile(input: CompileInput): Compiled {
  const compiler = new Compiler(input);
  for (const step of input.steps) compiler.add(step);
  return compiler.result();
}

class Compiler {
  readonly #input: CompileInput;
  readonly #operations: Operation[] = [];
  // Where a slot's name is used in a directory of a user, nobody can have put something there beforehand.
  readonly #secret = randomBytes(6).toString("hex");
  readonly #closed: ClosedDirectories;
  readonly #staged: StagedEntry[] = [];
  readonly #keeper = new Keeper(this.#secret);
  #hasScript = false;
  readonly #directories: Set<string>;
  // How many packets that are still there own a directory: the last one that goes takes it along.
  readonly #owners = new Map<string, number>();
  // What no longer stands at its path once the operations so far are done.
  readonly #aside = new Set<string>();
  readonly #removed = new Set<string>();
  readonly #made = new Set<string>();
  readonly #spared: string[] = [];
  readonly #strange: string[] = [];
  // Whatever stands there has to make way for it.
  readonly #isComing: (path: string) => boolean;
  // Directories that something is left in.
  readonly #inUse: ReadonlySet<string>;
  readonly #executors: { readonly [K in StepKind]: (step: Extract<Step, { kind: K }>) => void } = {
    script: (step) => {
      this.#script(step);
    },
    delete: (step) => {
      this.#delete(step.packet);
    },
    unpack: (step) => {
      this.#unpack(step.packet);
    },
  };

  constructor(input: CompileInput) {
    this.#input = input;
    this.#closed = new ClosedDirectories(input.root, (operation) =>
      this.#operations.push({ ...operation, ...this.#mountFor(operation.path) }),
    );
    this.#directories = new Set(input.directories);
    this.#inUse = foldersAbove([...input.conffiles.kept.map(({ path }) => path), ...input.unchanged.keys()]);
    const packetsOf = (kind: "delete" | "unpack") => packetsTo(kind, input.steps, input.packetOf);
    this.#isComing = pathsOf(packetsOf("unpack"));
    for (const directory of [...input.remaining, ...packetsOf("delete")].flatMap(directoriesOf))
      this.#owners.set(directory, (this.#owners.get(directory) ?? 0) + 1);
  }

  add(step: Step): void {
    (this.#executors[step.kind] as (step: Step) => void)(step);
    this.#closed.close();
  }

  result(): Compiled {
    return {
      operations: this.#operations,
      staged: this.#staged,
      directories: [...this.#directories].sort(),
      spared: this.#spared,
      replaced: this.#strange,
    };
  }

  #script(step: Extract<Step, { kind: "script" }>): void {
    const { script, app, packet } = step;
    if (!this.#input.packetOf(packet).scripts[script]) return;
    this.#operations.push({ kind: "script", script, app, packet });
    this.#hasScript = true;
  }

  #delete(digest: Digest): void {
    const packet = this.#input.packetOf(digest);
    const { conffiles, unchanged } = this.#input;
    const { staying, unedited } = conffiles;
    for (const entry of packet.manifest.toReversed())
      if (isPlaced(entry) && !staying.has(entry.path) && !unchanged.has(entry.path))
        if (this.#isSpared(entry, digest)) this.#spared.push(entry.path);
        else this.#setAside(entry.path, unedited.get(entry.path));
    for (const path of packet.conffiles) this.#setAside(besideConffile(path));
    for (const directory of directoriesOf(packet).toReversed()) this.#rmdir(directory);
  }

  // Somebody's own, in the place of what the packet had. What is missing, or a directory now, is seen to by itself.
  #isSpared(entry: PlacedEntry, packet: Digest): boolean {
    const { root, belongings } = this.#input;
    const there = root.lstat(entry.path);
    if (there === undefined || there.isDirectory()) return false;
    if (!this.#isComing(entry.path)) return !belongings.isStill(entry, packet);
    if (belongings.isReplaced(entry, packet)) this.#strange.push(entry.path);
    return false;
  }

  /** `content`: what it must still have then. */
  #setAside(path: string, content?: Digest): void {
    if (this.#aside.has(path)) return;
    const there = this.#input.root.lstat(path);
    // What is missing, or was replaced by a directory, is no longer the packet's.
    if (there === undefined || there.isDirectory()) return;
    this.#closed.open(parentOf(path));
    this.#operations.push({
      kind: "aside",
      path,
      area: this.#areaFor(path),
      slot: this.#slot(OLD_SLOT, path),
      ...(content !== undefined && { content, size: there.size }),
      was: likeness(there),
      ...this.#mountFor(path),
    });
    this.#aside.add(path);
  }

  #rmdir(path: string): void {
    const others = (this.#owners.get(path) ?? 1) - 1;
    this.#owners.set(path, others);
    // A directory of ours stays ours as long as something is left in it.
    if (!this.#directories.has(path) || others > 0 || this.#inUse.has(path)) return;
    this.#directories.delete(path);
    const there = this.#input.root.lstat(path);
    if (!there?.isDirectory()) return;
    const { uid, gid } = there;
    const mode = this.#closed.modeOf(path, there.mode & 0o7777);
    this.#closed.open(parentOf(path));
    this.#operations.push({ kind: "rmdir", path, mode, uid, gid, ...this.#mountFor(path) });
    this.#removed.add(path);
    this.#made.delete(path);
  }

  #unpack(digest: Digest): void {
    const { manifest, ...packet } = this.#input.packetOf(digest);
    const conffiles = new Set(packet.conffiles);
    const owned = ownersOf(packet, this.#input.policy);
    let folder = "";
    for (const entry of manifest.map(owned)) {
      if (!isIn(entry.path, folder)) {
        folder = parentOf(entry.path);
        for (const parent of parentPaths(entry.path)) this.#mkdir(parent, owned(IMPLIED));
      }
      if (entry.type === "directory") this.#mkdir(entry.path, entry);
      else if (entry.type === "file" && conffiles.has(entry.path)) this.#conffile(entry);
      else if (!this.#input.unchanged.has(entry.path)) this.#place(entry);
      else if (entry.type === "file" && this.#input.runsScripts) this.#keep(entry);
    }
  }

  #conffile(entry: FileEntry): void {
    const { staying, beside, unedited } = this.#input.conffiles;
    if (beside.has(entry.path)) this.#placeBeside(entry);
    else if (unedited.has(entry.path)) this.#replace(entry);
    else if (!staying.has(entry.path)) this.#place(entry);
  }

  #placeBeside(entry: FileEntry): void {
    const path = besideConffile(entry.path);
    this.#setAside(path);
    this.#place({ ...entry, path, sameAs: undefined });
  }

  // As dpkg does: a configuration file keeps the mode and owner that the device gave it.
  #replace(entry: FileEntry): void {
    const there = this.#input.root.lstat(entry.path);
    this.#setAside(entry.path, this.#input.conffiles.unedited.get(entry.path));
    const owner = there && needsOwner(entry) ? { uid: there.uid, gid: there.gid } : {};
    this.#place(there ? { ...entry, mode: there.mode & 0o7777, ...owner } : entry);
  }

  #mkdir(path: string, { mode, uid, gid }: DirectoryMode): void {
    if (this.#made.has(path)) return;
    this.#made.add(path);
    if (this.#input.taken.has(path)) this.#setAside(path);
    const isGone = this.#removed.has(path) || this.#aside.has(path) || this.#replaced(path) !== undefined;
    if (!isGone && this.#input.root.isDirectory(path)) return;
    this.#closed.open(parentOf(path));
    this.#operations.push({
      kind: "mkdir",
      path,
      mode: this.#closed.made(path, mode),
      uid,
      gid,
      ...this.#mountFor(path),
    });
    this.#directories.add(path);
  }

  #place(entry: StagedEntry["entry"]): void {
    if (this.#input.taken.has(entry.path)) this.#setAside(entry.path);
    this.#closed.open(parentOf(entry.path));
    const area = this.#areaFor(entry.path);
    const slot = this.#slot(NEW_SLOT, entry.path, entry.type === "file" ? `-${entry.digest}` : "");
    this.#staged.push({ entry, area, slot });
    const capability = entry.type === "file" ? entry.capability : undefined;
    this.#operations.push({
      ...{ kind: "place", path: entry.path, area, slot },
      ...(capability !== undefined && { capability }),
      ...this.#mountFor(entry.path),
    });
  }

  #keep(entry: FileEntry): void {
    this.#closed.open(parentOf(entry.path));
    const there = this.#input.unchanged.get(entry.path) as Seen;
    const kept = this.#keeper.keep(entry, there, this.#areaFor(entry.path));
    this.#operations.push({
      ...kept,
      ...(this.#hasScript && { isSuspect: true as const }),
      ...this.#mountFor(entry.path),
    });
  }

  // With the content's digest: of a plan that fails, what was fetched is known by it.
  #slot(kind: string, path: string, content = ""): string {
    const isGuarded = this.#input.areas.isGuarded(parentOf(this.#replaced(path) ?? path));
    return `${kind}${this.#operations.length}-${this.#secret}${content}${isGuarded ? "" : SWAPPABLE}`;
  }

  #mountFor(path: string): { readonly mount?: number } {
    return this.#input.areas.mountFor(parentOf(this.#replaced(path) ?? path));
  }

  #areaFor(path: string): number {
    // Below a link that is set aside there will be a new directory, on the file system of the link.
    return this.#input.areas.areaOf(parentOf(this.#replaced(path) ?? path));
  }

  // The file or link above the path that makes way for a directory: through it one would look at another place.
  #replaced(path: string): string | undefined {
    return parentPaths(path).find((parent) => this.#aside.has(parent));
  }
}
