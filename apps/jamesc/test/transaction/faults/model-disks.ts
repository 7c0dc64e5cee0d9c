import {
  type BigIntStats,
  chmodSync,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sh } from "@jamesd/testkit";
import { DISKS, type Disk, type Disks, type Mounted } from "./disks.ts";

/** What a disk holds of an inode. Until it is synced that is what it was made with: no content, and no names. */
interface Inode {
  readonly kind: "file" | "directory" | "symlink" | "pipe";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content: Buffer;
  readonly target: string;
  /** Which inode each name of a directory is. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * The least that POSIX lets a disk keep, which no real file system is as strict as: of a file what it was at its own last
 * fsync(2), of a directory the names that it had at its own last fsync. So a name is there after a cut only when each
 * directory above it was synced, and a file that was renamed is where the last synced of its directories says: under
 * both names, one, or none.
 */
export class ModelDisks implements Disks {
  readonly #dir = mkdtempSync(join(tmpdir(), "jamesc-model-"));
  readonly #mounted: string[] = [];
  /** The state that is mounted and what its disks hold, by inode. */
  #running: { readonly name: string; readonly held: Map<string, Inode> } | undefined;

  constructor() {
    for (const disk of DISKS) mkdirSync(this.#path("empty", disk), { recursive: true });
  }

  copy(from: string, to: string): void {
    if (this.#running?.name === from) this.#cut(from, to);
    else sh("cp", "-a", join(this.#dir, from), join(this.#dir, to));
  }

  remove(name: string): void {
    rmSync(join(this.#dir, name), { recursive: true, force: true });
  }

  mount(name: string): Mounted {
    const [root = "", state = ""] = DISKS.map((disk) => this.#path(name, disk));
    // Two mounts, between which nothing can be renamed.
    for (const path of [root, state]) {
      sh("mount", "--bind", path, path);
      this.#mounted.push(path);
    }
    const mounted = { root, state };
    this.#running = { name, held: new Map() };
    for (const disk of DISKS) this.writeOut(mounted, disk);
    return mounted;
  }

  unmount({ root, state }: Mounted): void {
    this.#running = undefined;
    for (const path of [root, state]) {
      // What failed half-way may still hold a directory open.
      sh("umount", "--lazy", path);
      this.#mounted.splice(this.#mounted.indexOf(path), 1);
    }
  }

  writeOut(mounted: Mounted, disk: Disk): void {
    eachInode(mounted[disk], (path, stats) => this.#hold(key(stats), snapshot(path, stats)));
  }

  synced(fd: number | undefined): void {
    if (fd === undefined) throw new Error("a sync of nothing");
    const stats = fstatSync(fd, { bigint: true });
    const path = `/proc/self/fd/${fd}${stats.isDirectory() ? "/." : ""}`;
    this.#hold(key(stats), snapshot(path, stats));
  }

  look(): void {
    if (!this.#running) return;
    const { name, held } = this.#running;
    for (const disk of DISKS)
      eachInode(this.#path(name, disk), (path, stats) => {
        if (!held.has(key(stats))) held.set(key(stats), bare(path, stats));
      });
  }

  [Symbol.dispose](): void {
    for (const path of this.#mounted.splice(0)) sh("umount", "--lazy", path);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #path(name: string, disk: Disk): string {
    return join(this.#dir, name, disk);
  }

  #hold(inode: string, held: Inode): void {
    this.#running?.held.set(inode, held);
  }

  #cut(from: string, to: string): void {
    mkdirSync(join(this.#dir, to));
    for (const disk of DISKS) this.#write(keyOf(this.#path(from, disk)), this.#path(to, disk), new Map());
  }

  /** Writes an inode as the disk holds it, and what is below it. `written`: where others are already. */
  #write(inode: string, path: string, written: Map<string, string>): void {
    const held = this.#running?.held.get(inode);
    if (!held) throw new Error(`${path}: its inode was never seen`);
    const other = written.get(inode);
    if (other !== undefined) linkSync(other, path);
    else if (held.kind === "symlink") symlinkSync(held.target, path);
    else if (held.kind === "file") writeFileSync(path, held.content);
    else if (held.kind === "pipe") sh("mkfifo", path);
    else mkdirSync(path);
    if (held.kind !== "directory") written.set(inode, path);
    for (const [name, child] of held.names) this.#write(child, join(path, name), written);
    lchownSync(path, held.uid, held.gid);
    if (held.kind !== "symlink") chmodSync(path, held.mode);
  }
}

/** Visits a directory and everything below it. */
function eachInode(path: string, visit: (path: string, stats: BigIntStats) => void): void {
  const stats = lstat(path);
  visit(path, stats);
  if (stats.isDirectory()) for (const name of readdirSync(path)) eachInode(join(path, name), visit);
}

function lstat(path: string): BigIntStats {
  return lstatSync(path, { bigint: true });
}

// The time of birth, because numbers of inodes are used again.
function key({ ino, birthtimeNs }: BigIntStats): string {
  return `${ino} ${birthtimeNs}`;
}

function keyOf(path: string): string {
  return key(lstat(path));
}

function kindOf(stats: BigIntStats): Inode["kind"] {
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  // Whoever opens one to read it waits for who writes.
  return stats.isFIFO() ? "pipe" : "file";
}

function bare(path: string, stats: BigIntStats): Inode {
  const kind = kindOf(stats);
  return {
    kind,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    content: Buffer.alloc(0),
    target: kind === "symlink" ? readlinkSync(path) : "",
    names: new Map(),
  };
}

function snapshot(path: string, stats: BigIntStats): Inode {
  const inode = bare(path, stats);
  if (inode.kind === "file") return { ...inode, content: readFileSync(path) };
  if (inode.kind !== "directory") return inode;
  return { ...inode, names: new Map(readdirSync(path).map((name) => [name, keyOf(join(path, name))])) };
}
