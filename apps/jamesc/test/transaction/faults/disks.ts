/** The file systems of a device: of its install root, and of its state directory. They may be one. */
export const DISKS = ["root", "state"] as const;
export type Disk = (typeof DISKS)[number];

/** A place where a device's disks are mounted. */
export interface Mounted {
  readonly root: string;
  readonly state: string;
}

/** Disks whose power can be cut: states by name, of which "empty" is there from the start. */
export interface Disks extends Disposable {
  /** What the disks hold now, were the power cut, becomes a state of its own. */
  copy(from: string, to: string): void;
  remove(name: string): void;
  /** Mounts a state, as the device that has it does after its power came back. */
  mount(name: string): Mounted;
  unmount(mounted: Mounted): void;
  /** Writes out by itself everything that one of the disks was told. */
  writeOut(mounted: Mounted, disk: Disk): void;
  /** Is told before every change, and before every sync. */
  look(): void;
  /** Is told of each sync, at the moment before it is done. */
  synced(fd: number | undefined): void;
}
