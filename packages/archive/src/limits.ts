/** How much an archive or a manifest may ask for. Every limit is inclusive. */
export interface ArchiveLimits {
  /** Entries of the archive, directories included. */
  readonly entries: number;
  /** Content of all files together, in bytes; one with several names (hard links) counts once. */
  readonly bytes: number;
  /** Decompressed bytes for each compressed byte, once more than `ratioFloor` bytes came out. */
  readonly ratio: number;
  readonly ratioFloor: number;
  /** Bytes of a whole path, and of one component, in UTF-8. */
  readonly pathBytes: number;
  readonly componentBytes: number;
  /** Components of a path. */
  readonly depth: number;
  /** Bytes of a symbolic link's target. */
  readonly targetBytes: number;
  /** Whether files may be setuid or setgid, or have capabilities. */
  readonly allowSetid: boolean;
}

/** What is accepted unless the configuration says otherwise. Path limits are Linux's own (PATH_MAX, NAME_MAX). */
export const DEFAULT_LIMITS: ArchiveLimits = {
  entries: 200_000,
  bytes: 16 * 2 ** 30,
  ratio: 1000,
  ratioFloor: 64 * 2 ** 20,
  pathBytes: 4096,
  componentBytes: 255,
  depth: 64,
  targetBytes: 4095,
  allowSetid: false,
};
