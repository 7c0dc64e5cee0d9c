const QUOTE = 0x22;
/** Stands before a digest that is given as its bytes. */
const MARK = 0;
const DIGITS = 64;
const BYTES = DIGITS / 2;

/**
 * The text of a packet (`packetText` of the model) as deltas see it: instead of the 64 digits of a digest, in quotes,
 * its 32 bytes behind a zero byte, which no JSON has. A digest never resembles another, and digits compress badly.
 */
export function denseText(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  let end = 0;
  // It only becomes shorter: what is written never overtakes what is read.
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === QUOTE && isDigest(bytes, at)) {
      bytes[end++] = MARK;
      for (let digit = at + 1; digit <= at + DIGITS; digit += 2)
        bytes[end++] = (valueOfDigit(bytes[digit]) << 4) | valueOfDigit(bytes[digit + 1]);
      at += DIGITS + 2;
    } else bytes[end++] = bytes[at++] as number;
  }
  return bytes.subarray(0, end);
}

/** The text that `denseText` was made of. */
export function plainText(dense: Uint8Array): string {
  const bytes = Buffer.from(dense.buffer, dense.byteOffset, dense.length);
  const pieces: string[] = [];
  let from = 0;
  // Piece by piece: before and after a digest there is a quotation mark, and no half of a character.
  for (let at = bytes.indexOf(MARK); at >= 0 && at + BYTES < bytes.length; at = bytes.indexOf(MARK, from)) {
    pieces.push(bytes.toString("utf8", from, at), bytes.toString("hex", at + 1, at + 1 + BYTES));
    from = at + 1 + BYTES;
  }
  pieces.push(bytes.toString("utf8", from));
  return pieces.join('"');
}

function isDigest(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + DIGITS + 1] !== QUOTE) return false;
  for (let digit = at + 1; digit <= at + DIGITS; digit++) if (valueOfDigit(bytes[digit]) < 0) return false;
  return true;
}

/** What a lower-case hexadecimal digit counts; -1: it is none. */
function valueOfDigit(digit = 0): number {
  if (digit >= 0x30 && digit <= 0x39) return digit - 0x30;
  return digit >= 0x61 && digit <= 0x66 ? digit - 0x61 + 10 : -1;
}
