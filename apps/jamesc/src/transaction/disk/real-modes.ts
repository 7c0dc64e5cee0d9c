import { type Stats, statfsSync } from "node:fs";
import { isTrustedUser } from "@jamesd/disk";

/**
 * File systems, by what statfs(2) says of them, whose owners and modes are kept, and held to by the kernel or the server
 * behind them. Those of the others may be made up by whoever mounted them, as with FUSE, CIFS and 9p.
 */
const REAL: ReadonlySet<number> = new Set([
  // On disks: ext2 to ext4, XFS, Btrfs, F2FS, ZFS, bcachefs, JFS, ReiserFS, NILFS, UDF, ISO 9660, GFS2, OCFS2.
  ...[0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0xca451a4e, 0x3153464a, 0x52654973, 0x3434],
  ...[0x15013346, 0x9660, 0x01161970, 0x7461636f],
  // With one owner and mode for all, given to mount(8), which the kernel holds to: FAT, exFAT, NTFS3.
  ...[0x4d44, 0x2011bab0, 0x7366746e],
  // Flash and images: JFFS2, UBIFS, SquashFS, EROFS, cramfs, romfs.
  ...[0x72b6, 0x24051905, 0x73717368, 0xe0f5e1e2, 0x28cd3d45, 0x7275],
  // In memory, and over others: tmpfs, ramfs, overlay, eCryptfs, AUFS.
  ...[0x01021994, 0x858458f6, 0x794c7630, 0xf15f, 0x61756673],
  // Of a server that holds to them: NFS.
  0x6969,
]);

/** Of what type (statfs(2)) the file system is that something is on. Where words have 32 bits the number may be negative. */
export function fileSystemType(path: string): number {
  return Number(BigInt.asUintN(32, statfsSync(path, { bigint: true }).type));
}

/** Whether the owners and modes of what is on a file system count, which is asked once for each. */
export class RealModes {
  readonly #known = new Map<number, boolean>();

  /** True when nobody but trusted users can rename or replace what they have in a directory, by its owner and mode where they count. */
  guard({ uid, mode, dev }: Stats, path: string): boolean {
    const othersMayWrite = (mode & 0o022) !== 0;
    const isSticky = (mode & 0o1000) !== 0;
    return isTrustedUser(uid) && (!othersMayWrite || isSticky) && this.#count(dev, path);
  }

  /** Something may be mounted anew. */
  forget(): void {
    this.#known.clear();
  }

  #count(device: number, path: string): boolean {
    const known = this.#known.get(device) ?? REAL.has(fileSystemType(path));
    this.#known.set(device, known);
    return known;
  }
}
