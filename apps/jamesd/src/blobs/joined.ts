/** Chunks as one: of a single one itself, so that it is not copied. @param length bytes of all, where they are known */
export function joined(chunks: readonly Uint8Array[], length?: number): Uint8Array {
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, length);
}
