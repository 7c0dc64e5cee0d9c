/**
 * Reads a numeric field of a header: octal digits with blanks around, or the base-256 of GNU tar, which may be negative.
 * Nothing but blanks is 0; undefined for what is no number, or too large to be counted exactly.
 */
export function parseNumber(field: Uint8Array): number | undefined {
  return field[0] === 0x80 || field[0] === 0xff ? parseBase256(field) : parseOctal(field);
}

function parseOctal(field: Uint8Array): number | undefined {
  let at = 0;
  while (isBlank(field[at])) at += 1;
  let value = 0;
  for (; at < field.length && !isBlank(field[at]); at += 1) {
    const digit = (field[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) return undefined;
    value = value * 8 + digit;
  }
  return value;
}

function parseBase256(field: Uint8Array): number | undefined {
  let value = field[0] === 0xff ? -1n : 0n;
  for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20;
}
