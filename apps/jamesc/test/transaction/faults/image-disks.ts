import { type FileSystem, ImageDisks as Images } from "@jamesd/testkit";
import { DISKS, type Disk, type Disks } from "./disks.ts";

/** The disks of a device in images. */
export class ImageDisks extends Images<Disk> implements Disks {
  constructor(fs: FileSystem) {
    super(fs, DISKS);
  }

  /** The kernel does it. */
  synced(): void {}

  look(): void {}
}
