/** The longest beginning of a list that has at most so many bytes as JSON. */
export function firstOf<T>(list: readonly T[], mostBytes: number): T[] {
  let bytes = 0;
  const end = list.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    return bytes > mostBytes;
  });
  return end === -1 ? [...list] : list.slice(0, end);
}

/** The longest end of a list that has at most so many bytes as JSON. */
export function lastOf<T>(list: readonly T[], mostBytes: number): T[] {
  return firstOf([...list].reverse(), mostBytes).reverse();
}

/** A beginning of a text that has at most so many bytes as JSON, marked when it is not the whole. */
export function beginningOf(text: string, mostBytes: number): string {
  if (text.length <= mostBytes && bytesOf(text) <= mostBytes) return text;
  return `${within(text, mostBytes - bytesOf("…"), (cut, length) => cut.slice(0, length))}…`;
}

/** An end of a text that has at most so many bytes as JSON. */
export function endOf(text: string, mostBytes: number): string {
  return within(text, mostBytes, (cut, length) => cut.slice(cut.length - length));
}

// A character has at most six bytes as JSON: what is cut off at once is never more than is too much.
function within(text: string, mostBytes: number, cutTo: (text: string, length: number) => string): string {
  let cut = cutTo(text, Math.min(text.length, Math.max(0, mostBytes)));
  for (;;) {
    const over = bytesOf(cut) - mostBytes;
    if (over <= 0 || cut === "") return cut;
    cut = cutTo(cut, cut.length - Math.ceil(over / 6));
  }
}

/** The bytes of a text as JSON, without the quotes. */
function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
