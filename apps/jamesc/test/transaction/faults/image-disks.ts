import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sh } from "../system.ts";
import { DISKS, type Disk, type Disks, type Mounted } from "./disks.ts";

/**
 * File systems, told to write out nothing by themselves for five minutes. ext4 makes more durable than it is asked to:
 * an fsync commits everything that was done before it. btrfs writes what it is asked for, and nothing else.
 */
export const FILE_SYSTEMS = {
  ext4: {
    size: "16M",
    make: ["mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"],
    mount: "loop,commit=300,noauto_da_alloc",
  },
  btrfs: { size: "128M", make: ["mkfs.btrfs", "-q", "-m", "single"], mount: "loop,commit=300" },
} as const;
export type FileSystem = keyof typeof FILE_SYSTEMS;

/**
 * Disks in images that a file system with reflinks holds, so that a copy of an image is what the disk holds in that
 * moment and takes no time. What was not synced is not in it: nothing is written by itself for five minutes, nor when
 * files are renamed.
 */
export class ImageDisks implements Disks {
  readonly #dir = mkdtempSync(join(tmpdir(), "jamesc-disks-"));
  readonly #images = join(this.#dir, "images");
  readonly #mounts: string[] = [];
  readonly #fs: FileSystem;

  constructor(fs: FileSystem) {
    this.#fs = fs;
    mkdirSync(this.#images);
    const holder = join(this.#dir, "holder.img");
    sh("truncate", "-s", "1G", holder);
    sh("mkfs.xfs", "-q", "-m", "reflink=1", holder);
    this.#mount(holder, this.#images, "loop");
    for (const disk of DISKS) {
      const image = this.#image("empty", disk);
      sh("truncate", "-s", FILE_SYSTEMS[fs].size, image);
      sh(...FILE_SYSTEMS[fs].make, image);
    }
  }

  copy(from: string, to: string): void {
    for (const disk of DISKS) sh("cp", "--reflink=always", this.#image(from, disk), this.#image(to, disk));
  }

  remove(name: string): void {
    for (const disk of DISKS) rmSync(this.#image(name, disk), { force: true });
  }

  mount(name: string): Mounted {
    const [root, state] = DISKS.map((disk) => {
      const place = join(this.#dir, `${name}-${disk}`);
      mkdirSync(place, { recursive: true });
      this.#mount(this.#image(name, disk), place, FILE_SYSTEMS[this.#fs].mount);
      rmSync(join(place, "lost+found"), { recursive: true, force: true });
      return place;
    });
    return { root: root ?? "", state: state ?? "" };
  }

  unmount(mounted: Mounted): void {
    for (const disk of DISKS) this.#unmount(mounted[disk]);
  }

  /** By sync(1), syncfs(2). */
  writeOut(mounted: Mounted, disk: Disk): void {
    sh("sync", "-f", mounted[disk]);
  }

  /** The kernel does it. */
  synced(): void {}

  look(): void {}

  [Symbol.dispose](): void {
    for (const place of this.#mounts.toReversed()) this.#unmount(place);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #image(name: string, disk: Disk): string {
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
