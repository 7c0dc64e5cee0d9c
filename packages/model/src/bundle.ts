import type { Digest } from "./digest.ts";
import { type Manifest, manifestBlobs } from "./manifest.ts";

/** A blob's place in a bundle, in bytes from its start. */
export interface BundledBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly start: number;
}

/** Blobs that are longer travel one by one. It must stay what it is: bundles are cached for ever by their packet's digest. */
const MAX_BUNDLED_BYTES = 64 * 1024;

/**
 * What a packet's bundle holds: the small contents of its manifest, each once, one after the other in the order of
 * their first paths. Server and agent both work it out, so a bundle needs no table of contents, and a range of it is a
 * choice of blobs. Empty contents are left out: no range could ask for them.
 */
export function bundleOf(manifest: Manifest): readonly BundledBlob[] {
  const bundle: BundledBlob[] = [];
  let start = 0;
  for (const [digest, size] of manifestBlobs(manifest)) {
    if (size === 0 || size > MAX_BUNDLED_BYTES) continue;
    bundle.push({ digest, size, start });
    start += size;
  }
  return bundle;
}

/** Length of a bundle in bytes. */
export function bundleSize(bundle: readonly BundledBlob[]): number {
  const last = bundle.at(-1);
  return last ? last.start + last.size : 0;
}
