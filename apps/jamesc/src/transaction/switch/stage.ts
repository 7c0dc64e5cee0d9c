import {
  chmodSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
} from "node:fs";
import { syncPath, syncPaths } from "@jamesd/disk";
import type { Digest } from "@jamesd/model";
import { named, naming } from "../disk/device-error.ts";
import { flushFileSystems, MANY_FILES } from "../disk/flush.ts";
import { fetchedFile, type Layout } from "../disk/layout.ts";
import { needsOwner, OWNER_HINT } from "../disk/owners.ts";
import { requireRoom } from "../disk/room.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { leaveRoom } from "../fetch/fetched.ts";
import type { KeepOperation } from "../journal/operation.ts";
import type { Compiled, StagedEntry } from "../plan/compile.ts";
import { isAcross } from "./across.ts";
import type { OpenAreas } from "./area.ts";
import { Birthplaces } from "./birthplace.ts";
import { giveCapabilities } from "./capabilities.ts";
import { hardLinks } from "./hard-links.ts";
import { keepContents } from "./keep.ts";

/**
 * Puts every new file and link, complete with mode, owner and capabilities, into its slot, keeps the contents of files that
 * stay although scripts run, and makes all of it durable.
 * Nothing that runs sees any of it yet.
 * @param writtenOut what was fetched is being written out until then
 */
export async function stage(
  { staged, operations }: Pick<Compiled, "staged" | "operations">,
  areas: OpenAreas,
  layout: Layout,
  root: RootFs,
  writtenOut?: Promise<void>,
): Promise<void> {
  const kept = operations.filter((operation) => operation.kind === "keep");
  const links = hardLinks(staged);
  const owners = staged.filter((item) => !links.has(item));
  checkSpace(owners, kept, areas);
  const uses = countUses(owners);
  const birthplaces = new Birthplaces(root, areas);
  const files: string[] = [...keepContents(kept, areas, root)];
  for (const item of staged) {
    const { entry } = item;
    const slot = areas.stagedPath(item.area, item.slot);
    naming("make the new", `/${entry.path}`, () => {
      const first = links.get(item);
      if (first) putLink(areas.stagedPath(first.area, first.slot), slot);
      else if (entry.type === "symlink") symlinkSync(entry.target, slot);
      else {
        const isLastUse = takeUse(uses, entry.digest);
        const fetched = fetchedFile(layout, entry.digest);
        if (birthplaces.make(item)) copyFileSync(fetched, slot, constants.COPYFILE_FICLONE);
        // What was fetched may be wanted again, without capabilities.
        else putFile(fetched, slot, isLastUse && entry.capability === undefined && areas.isHome(item.area));
      }
      setOwner(slot, entry);
      // After the owner: chown(2) clears the set-id bits.
      if (entry.type === "file") chmodSync(slot, entry.mode);
    });
    if (entry.type === "file") files.push(slot);
  }
  giveCapabilities(staged, areas);
  if (staged.some(({ area }) => areas.isHome(area))) leaveRoom(layout);
  await writtenOut;
  try {
    await makeDurable(files, areas);
  } catch (cause) {
    forgetAll(files);
    const places = Array.from({ length: areas.count }, (_, area) => areas.name(area));
    throw named("write to the disk the new files at", places.join(", "), cause);
  }
}

async function makeDurable(files: readonly string[], areas: OpenAreas): Promise<void> {
  const folders = Array.from({ length: areas.count }, (_, area) => areas.folder(area));
  if (files.length >= MANY_FILES) await flushFileSystems(folders);
  await syncPaths(files);
  for (const folder of folders) syncPath(folder);
}

// The system tells once that a disk did not take something, and holds it in memory as it should be: synced once more, it
// would be believed to be there. So it is not given back to what was fetched.
function forgetAll(files: readonly string[]): void {
  try {
    for (const file of files) rmSync(file, { force: true });
  } catch {
    // Nor can it be given back then.
  }
}

/** Gives a path the owner of its entry. Only root can; for another user everything is its own. */
function setOwner(path: string, entry: StagedEntry["entry"]): void {
  const { uid, gid } = entry;
  if (!needsOwner(entry)) return;
  try {
    lchownSync(path, uid, gid);
  } catch (cause) {
    throw named(`give the owner ${uid}:${gid} to`, `/${entry.path}`, cause, OWNER_HINT);
  }
}

function putLink(first: string, slot: string): void {
  if (!tryLink(first, slot)) copyFileSync(first, slot, constants.COPYFILE_FICLONE);
}

// The last use of a fetched file takes the file itself, where that is possible; others take a copy. It is given back when
// the plan fails, for that is tried again (`give-back.ts`).
function putFile(fetched: string, slot: string, isTaken: boolean): void {
  if (!isTaken || !tryRename(fetched, slot)) copyFileSync(fetched, slot, constants.COPYFILE_FICLONE);
}

// False where somebody mounted something in the state directory.
function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (cause) {
    if (isAcross(cause)) return false;
    throw cause;
  }
}

/** What link(2) says of another mount, of a file system without hard links, and of a file with too many. */
const NO_LINK = new Set(["EXDEV", "EPERM", "EOPNOTSUPP", "EMLINK"]);

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (cause) {
    if (NO_LINK.has((cause as NodeJS.ErrnoException).code ?? "")) return false;
    throw cause;
  }
}

function countUses(staged: readonly StagedEntry[]): Map<Digest, number> {
  const uses = new Map<Digest, number>();
  for (const { entry } of staged)
    if (entry.type === "file") uses.set(entry.digest, (uses.get(entry.digest) ?? 0) + 1);
  return uses;
}

function takeUse(uses: Map<Digest, number>, digest: Digest): boolean {
  const left = (uses.get(digest) ?? 1) - 1;
  uses.set(digest, left);
  return left === 0;
}

function checkSpace(staged: readonly StagedEntry[], kept: readonly KeepOperation[], areas: OpenAreas): void {
  for (let area = 0; area < areas.count; area++) {
    const here = staged.filter((item) => item.area === area);
    const folder = areas.folder(area);
    const { bsize } = statfsSync(folder);
    // Where the fetched files are they only get another name, but for those that are needed more than once, or get capabilities.
    const copied = areas.isHome(area) ? copiedAtHome(here) : here;
    const bytes = copied.reduce(
      (sum, { entry }) => sum + (entry.type === "file" ? blocksOf(entry.size, bsize) : 0),
      0,
    );
    const keptHere = kept.filter((operation) => operation.area === area);
    const keptBytes = keptHere.reduce((sum, { size }) => sum + size, 0);
    const count = here.length + keptHere.length;
    requireRoom(folder, bytes + blocksOf(keptBytes, bsize), count, areas.name(area));
  }
}

function copiedAtHome(staged: readonly StagedEntry[]): readonly StagedEntry[] {
  const seen = new Set<Digest>();
  return staged.filter(({ entry }) => {
    if (entry.type !== "file") return false;
    const isSeen = seen.has(entry.digest);
    seen.add(entry.digest);
    return isSeen || entry.capability !== undefined;
  });
}

function blocksOf(size: number, bsize: number): number {
  return Math.ceil(size / bsize) * bsize;
}
