import { closeSync, readdirSync } from "node:fs";
import {
  type Digest,
  JamesError,
  type Packet,
  type PlacedEntry,
  type Policy,
  parentPaths,
  type UnownedPolicy,
} from "@jamesd/model";
import { entryIn } from "../disk/descriptor.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { isIn, parentOf } from "../disk/tree-path.ts";
import { isThere } from "./content.ts";
import type { OwnFiles } from "./own-files.ts";
import type { Unchanged } from "./unchanged.ts";

/** What may be done about a path, and which words as `unowned` change it. */
const HINTS = {
  any: "Move it away on the device, leave it out of the packet, or say adopt or overwrite as `unowned`.",
  overwrite: "Move it away on the device, leave it out of the packet, or say overwrite as `unowned`.",
  none: "Move it away on the device, or leave it out of the packet: no `unowned` lets a directory make way for a file.",
} as const;
const OWN_HINT =
  "jamesc runs by it, so leave it where it is: say overwrite as `unowned` in the desired state, and the packet takes it over.";

/** An app and its packet. */
export interface AppPacket {
  readonly app: string;
  readonly packet: Packet;
}

/** What a device will be like when the packets that leave are gone, and what coming ones may do there. */
export interface OwnershipQuestion {
  readonly coming: readonly AppPacket[];
  readonly leaving: readonly AppPacket[];
  /** Directories that the agent made. */
  readonly directories: ReadonlySet<string>;
  /** Configuration files that stay where they are, and those whose replacement is decided. */
  readonly staying: ReadonlySet<string>;
  readonly unedited: ReadonlyMap<string, Digest>;
  /** Paths of files and links that are left where they are, for packets that come have the same there. */
  readonly unchanged: Pick<Unchanged, "has">;
  readonly root: RootFs;
  /** What the agent runs by. */
  readonly ownFiles: Pick<OwnFiles, "has">;
  /** What the desired state says; it counts more than the packet. */
  readonly policy: Policy;
}

/**
 * Checks, before anything is touched, that nothing which no packet owns stands where a packet wants to put something,
 * unless the policy says otherwise.
 * @returns the paths of what the policy lets make way
 * @throws JamesError PATH_NOT_OWNED, naming the path
 */
export function checkOwnership(question: OwnershipQuestion): ReadonlySet<string> {
  const check = new OwnershipCheck(question);
  for (const app of question.coming) check.add(app);
  return check.taken;
}

class OwnershipCheck {
  /** Of nobody, and to make way. */
  readonly taken = new Set<string>();
  readonly #question: OwnershipQuestion;
  // What will no longer stand there.
  readonly #freed: Set<string>;
  // Directories that the agent did not make stay, whoever else owns them.
  readonly #left: ReadonlySet<string>;
  readonly #checkedParents = new Set<string>();
  // Directories that are not there, or will not be.
  readonly #missing = new Set<string>();

  constructor(question: OwnershipQuestion) {
    this.#question = question;
    const { leaving, staying, unchanged } = question;
    this.#freed = new Set<string>();
    for (const { packet } of leaving)
      for (const { type, path } of packet.manifest)
        if (type !== "directory" && !staying.has(path) && !unchanged.has(path)) this.#freed.add(path);
    this.#left = new Set([...this.#freed, ...question.directories]);
  }

  add({ app, packet }: AppPacket): void {
    const policy = this.#question.policy.unowned ?? packet.policy.unowned ?? "refuse";
    const decided = this.#decided(packet);
    const { unchanged } = this.#question;
    let folder = "";
    for (const entry of packet.manifest) {
      if (!isIn(entry.path, folder)) {
        folder = parentOf(entry.path);
        this.#parents(app, entry.path, policy);
      }
      if (entry.type === "directory") this.#directory(app, entry.path, policy);
      else if (!decided.has(entry.path) && !unchanged.has(entry.path)) this.#file(app, entry, policy);
    }
  }

  #parents(app: string, path: string, policy: UnownedPolicy): void {
    if (this.#checkedParents.has(parentOf(path))) return;
    for (const parent of parentPaths(path)) {
      if (!this.#checkedParents.has(parent)) this.#directory(app, parent, policy);
      this.#checkedParents.add(parent);
    }
  }

  // Configuration files of which it is known what becomes of them.
  #decided({ conffiles }: Packet): ReadonlySet<string> {
    const { staying, unedited } = this.#question;
    return new Set(conffiles.filter((path) => staying.has(path) || unedited.has(path)));
  }

  #file(app: string, entry: PlacedEntry, policy: UnownedPolicy): void {
    const { root } = this.#question;
    if (this.#missing.has(parentOf(entry.path)) || this.#isBelowFreed(entry.path)) return;
    const there = root.lstat(entry.path);
    if (there === undefined) return;
    if (there.isDirectory()) {
      if (this.#left.has(entry.path) && willBeEmpty(entry.path, this.#left, root)) return;
      throw notOwned(
        app,
        entry.path,
        "is a directory that no packet owns, or with files that none owns",
        HINTS.none,
      );
    }
    if (this.#freed.has(entry.path)) return;
    if (policy === "refuse")
      throw this.#refused(app, entry.path, "exists and belongs to no packet", HINTS.any);
    if (policy === "adopt" && !isThere(entry, root))
      throw this.#refused(
        app,
        entry.path,
        "belongs to no packet and is not what the packet has, so it is not adopted",
        HINTS.overwrite,
      );
    this.#take(entry.path);
  }

  // Without its program or its key the agent would be gone: nobody is to be told to move these away.
  #refused(app: string, path: string, why: string, hint: string): JamesError {
    return notOwned(app, path, why, this.#question.ownFiles.has(path) ? OWN_HINT : hint);
  }

  #directory(app: string, path: string, policy: UnownedPolicy): void {
    const { root } = this.#question;
    const there = this.#isBelowFreed(path) ? undefined : root.lstat(path);
    if (there === undefined) this.#missing.add(path);
    if (there === undefined || there.isDirectory() || this.#freed.has(path) || root.isDirectory(path)) return;
    if (policy !== "overwrite")
      throw (
        root.refusal(path) ??
        notOwned(app, path, "is not a directory and belongs to no packet", HINTS.overwrite)
      );
    this.#take(path);
  }

  #take(path: string): void {
    this.taken.add(path);
    this.#freed.add(path);
  }

  // A file or link that leaves makes way for a directory: what one sees through it now is another place.
  #isBelowFreed(path: string): boolean {
    return parentPaths(path).some((parent) => this.#freed.has(parent));
  }
}

function willBeEmpty(path: string, left: ReadonlySet<string>, root: RootFs): boolean {
  const directory = root.open(path);
  try {
    return readdirSync(entryIn(directory.fd, ""), { withFileTypes: true }).every((child) => {
      const childPath = `${path}/${child.name}`;
      return left.has(childPath) && (!child.isDirectory() || willBeEmpty(childPath, left, root));
    });
  } finally {
    closeSync(directory.fd);
  }
}

function notOwned(app: string, path: string, why: string, hint: string): JamesError {
  return new JamesError("PATH_NOT_OWNED", `${app} wants to put a file at /${path}, which ${why}`, { hint });
}
