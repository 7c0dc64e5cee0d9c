import { joined } from "./joined.ts";

/**
 * A content in pieces of at least so many bytes, but for the last: each piece costs a trip to other threads, and who
 * makes the next one goes on meanwhile.
 */
export async function* inBlocks(
  content: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    parts.push(chunk);
    length += chunk.length;
    if (length < bytes) continue;
    yield joined(parts, length);
    parts = [];
    length = 0;
  }
  if (length > 0) yield joined(parts, length);
}
