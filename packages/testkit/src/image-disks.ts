import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * File systems, told to write out nothing by themselves for five minutes. ext4 makes more durable than it is asked to:
 * an fsync commits everything that was done before it. btrfs writes what it is asked for, and nothing else.
 */
const FILE_SYSTEMS = {
  ext4: {
    size: "16M",
    make: ["mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"],
    mount: "loop,commit=300,noauto_da_alloc",
  },
  btrfs: { size: "128M", make: ["mkfs.btrfs", "-q", "-m", "single"], mount: "loop,commit=300" },
} as const;
export type FileSystem = keyof typeof FILE_SYSTEMS;

/** Where each disk is mounted. */
export type MountedDisks<D extends string> = Readonly<Record<D, string>>;

/**
 * Disks in images that a file system with reflinks holds, so that a copy of an image is what the disk holds in that
 * moment and takes no time. What was not synced is not in it: nothing is written by itself for five minutes, nor when
 * files are renamed. States have names; "empty" is there from the start.
 */
export class ImageDisks<D extends string> implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), "jamesd-disks-"));
  readonly #images = join(this.#dir, "images");
  readonly #mounts: string[] = [];
  readonly #fs: FileSystem;
  readonly #disks: readonly D[];

  constructor(fs: FileSystem, disks: readonly D[]) {
    this.#fs = fs;
    this.#disks = disks;
    mkdirSync(this.#images);
    const holder = join(this.#dir, "holder.img");
    sh("truncate", "-s", "1G", holder);
    sh("mkfs.xfs", "-q", "-m", "reflink=1", holder);
    this.#mount(holder, this.#images, "loop");
    for (const disk of disks) {
      const image = this.#image("empty", disk);
      sh("truncate", "-s", FILE_SYSTEMS[fs].size, image);
      sh(...FILE_SYSTEMS[fs].make, image);
    }
  }

  /** What the disks hold now, were the power cut, becomes a state of its own. */
  copy(from: string, to: string): void {
    for (const disk of this.#disks)
      sh("cp", "--reflink=always", this.#image(from, disk), this.#image(to, disk));
  }

  remove(name: string): void {
    for (const disk of this.#disks) rmSync(this.#image(name, disk), { force: true });
  }

  /** Mounts a state, as a machine that has it does after its power came back. */
  mount(name: string): MountedDisks<D> {
    const mounted = this.#disks.map((disk) => {
      const place = join(this.#dir, name, disk);
      mkdirSync(place, { recursive: true });
      this.#mount(this.#image(name, disk), place, FILE_SYSTEMS[this.#fs].mount);
      rmSync(join(place, "lost+found"), { recursive: true, force: true });
      return [disk, place];
    });
    return Object.fromEntries(mounted) as MountedDisks<D>;
  }

  unmount(mounted: MountedDisks<D>): void {
    for (const disk of this.#disks) this.#unmount(mounted[disk]);
  }

  /** Writes out everything that one of the disks was told, by sync(1), syncfs(2). */
  writeOut(mounted: MountedDisks<D>, disk: D): void {
    sh("sync", "-f", mounted[disk]);
  }

  [Symbol.dispose](): void {
    for (const place of this.#mounts.toReversed()) this.#unmount(place);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #image(name: string, disk: D): string {
    return join(this.#images, `${name}-${disk}.img`);
  }

  #mount(image: string, place: string, options: string): void {
    sh("mount", "-o", options, image, place);
    this.#mounts.push(place);
  }

  #unmount(place: string): void {
    // What failed half-way may still hold a directory open: then it goes when the process does.
    if (spawnSync("umount", [place]).status !== 0) sh("umount", "--lazy", place);
    this.#mounts.splice(this.#mounts.indexOf(place), 1);
    if (place !== this.#images) rmdirSync(place);
  }
}

/** Runs a command of the system that must succeed. */
export function sh(...[command = "", ...args]: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args);
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error ?? stderr}`);
}
