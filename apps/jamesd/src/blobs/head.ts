/** The start of a content that is read once. */
export interface Head {
  readonly head: readonly Uint8Array[];
  /** True when `head` is all there is. */
  readonly whole: boolean;
  /** The whole content again, from its first byte; may be read once. */
  readonly rest: AsyncIterable<Uint8Array>;
}

/** Reads a content until it ends or more than `limit` bytes are in memory. A content of which no more is wanted is told so. */
export async function readHead(content: AsyncIterable<Uint8Array>, limit: number): Promise<Head> {
  const iterator = content[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let size = 0;
  while (size <= limit) {
    const next = await iterator.next();
    if (next.done) return { head, whole: true, rest: chain(head) };
    head.push(next.value);
    size += next.value.length;
  }
  return { head, whole: false, rest: chain(head, iterator) };
}

async function* chain(
  head: readonly Uint8Array[],
  iterator?: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let ended = iterator === undefined;
  try {
    yield* head;
    while (iterator && !ended) {
      const next = await iterator.next();
      if (next.done) ended = true;
      else yield next.value;
    }
  } finally {
    if (!ended) await iterator?.return?.();
  }
}
