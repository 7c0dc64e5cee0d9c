/** Told how many bytes have passed. */
export type OnBytes = (bytes: number) => void;

/** A content as it is; after each chunk that was taken it is told how much that is. */
export async function* counted(
  content: AsyncIterable<Uint8Array>,
  onBytes: OnBytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of content) {
    yield chunk;
    bytes += chunk.length;
    onBytes(bytes);
  }
}
