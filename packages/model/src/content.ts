import type { Digest } from "./digest.ts";

/** The content of a file, a script or a blob, by what it is known by: its digest, and its length in bytes. */
export interface Content {
  readonly digest: Digest;
  readonly size: number;
}

/** Bytes of contents together. */
export function contentSize(contents: readonly Content[]): number {
  return contents.reduce((sum, { size }) => sum + size, 0);
}
