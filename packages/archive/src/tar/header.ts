import { quoted, refusal } from "../refuse.ts";
import { parseNumber } from "./number.ts";

/** What one block says of an entry, of whichever of the old formats (v7, ustar, GNU) it is. */
export interface Header {
  /** The type flag: a character, `\0` in old tars. */
  readonly flag: string;
  readonly name: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

const CHECKSUM = { offset: 148, end: 156 };
const MAGIC_OFFSET = 257;
const PREFIX_OFFSET = 345;

/** True for a block of nothing but zeros, of which two end a tar. */
export function isZeros(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** True when the checksum of a block is right, which is all that the oldest tars can be known by; some summed up signed bytes. */
export function isHeader(block: Uint8Array): boolean {
  let sum = (CHECKSUM.end - CHECKSUM.offset) * 0x20;
  let signed = sum;
  for (let at = 0; at < block.length; at += 1) {
    if (at === CHECKSUM.offset) at = CHECKSUM.end;
    const byte = block[at] ?? 0;
    sum += byte;
    signed += byte > 0x7f ? byte - 0x100 : byte;
  }
  const expected = parseNumber(block.subarray(CHECKSUM.offset, CHECKSUM.end));
  return expected === sum || expected === signed;
}

/** Reads a block whose checksum is right. @throws JamesError ARCHIVE_CORRUPT when a number in it is none */
export function parseHeader(block: Buffer): Header {
  const name = nameOf(block);
  const number = (what: string, offset: number, length: number): number => {
    const value = parseNumber(block.subarray(offset, offset + length));
    if (value !== undefined) return value;
    throw refusal("ARCHIVE_CORRUPT", `the tar is damaged: the ${what} of ${quoted(name)} is no number`);
  };
  return {
    flag: block.toString("latin1", 156, 157),
    name,
    target: textAt(block, 157, 100),
    mode: number("mode", 100, 8) & 0o7777,
    uid: number("uid", 108, 8),
    gid: number("gid", 116, 8),
    size: number("size", 124, 12),
  };
}

// GNU tar keeps other things where POSIX has the front part of a long name.
function nameOf(block: Buffer): string {
  const name = textAt(block, 0, 100);
  const isPosix = block.toString("latin1", MAGIC_OFFSET, MAGIC_OFFSET + 6) === "ustar\0";
  const prefix = isPosix ? textAt(block, PREFIX_OFFSET, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textAt(block: Buffer, offset: number, length: number): string {
  return untilNul(block.subarray(offset, offset + length));
}

/** The text in front of the first NUL. */
export function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}
