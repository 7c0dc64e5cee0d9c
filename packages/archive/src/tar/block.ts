/** Bytes of a block: headers have one, contents are filled up to whole ones (POSIX pax, "ustar Interchange Format"). */
export const BLOCK = 512;

/** The zeros between a content and the next block. */
export function paddingOf(size: number): number {
  return -size & (BLOCK - 1);
}
