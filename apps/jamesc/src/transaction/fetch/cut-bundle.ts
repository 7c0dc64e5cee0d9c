import type { BundledBlob, Digest } from "@jamesd/model";
import { writeSmall } from "./small-blob.ts";
import type { Wanted } from "./wanted.ts";

/**
 * Cuts a stream into the blobs of a bundle, or of neighbours in it. Each that is wanted is verified and written, and is
 * no longer wanted then. @throws JamesError DIGEST_MISMATCH
 */
export async function cutBundle(
  content: AsyncIterable<Uint8Array>,
  blobs: readonly BundledBlob[],
  wanted: Map<Digest, Wanted>,
): Promise<void> {
  const queue = blobs.values();
  let next = queue.next();
  let chunks: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of content) {
    let from = 0;
    while (!next.done && chunk.length - from >= next.value.size - held) {
      const { digest, size } = next.value;
      chunks.push(chunk.subarray(from, from + size - held));
      from += size - held;
      const one = wanted.get(digest);
      if (one) writeSmall(chunks, size, one);
      wanted.delete(digest);
      chunks = [];
      held = 0;
      next = queue.next();
    }
    // What a cache that knows no ranges sends beyond them.
    if (next.done && from < chunk.length) return;
    if (from < chunk.length) chunks.push(chunk.subarray(from));
    held += chunk.length - from;
  }
}
