import { closeSync, openSync, readSync } from "node:fs";
import { JamesError } from "@jamesd/model";

/** Where a file's content lies in a tar, in bytes. */
export interface Member {
  readonly start: number;
  readonly size: number;
}

const BLOCK = 512;
const NAME_BYTES = 100;
const SIZE_AT = 124;
const TYPE_AT = 156;
const MAX_MEMBERS = 10_000_000;

/**
 * The plain files of a tar (POSIX ustar, IEEE 1003.1, pax(1)) with short names, as an export is: nothing else is taken.
 * @throws JamesError ARCHIVE_NOT_RECOGNISED, ARCHIVE_TRUNCATED, FILE_UNREADABLE
 */
export function indexTar(path: string, size: number): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  const fd = openSync(path, "r");
  try {
    const block = Buffer.alloc(BLOCK);
    for (let at = 0; ; ) {
      if (readSync(fd, block, 0, BLOCK, at) < BLOCK) throw truncated(path);
      if (block.every((byte) => byte === 0)) return members;
      const { name, length } = readHeader(block, path);
      if (members.has(name) || members.size >= MAX_MEMBERS) throw foreign(path);
      members.set(name, { start: at + BLOCK, size: length });
      at += BLOCK + Math.ceil(length / BLOCK) * BLOCK;
      if (at > size) throw truncated(path);
    }
  } finally {
    closeSync(fd);
  }
}

function readHeader(block: Buffer, path: string): { name: string; length: number } {
  const isPlain = block[TYPE_AT] === 0x30 && block.toString("latin1", 257, 262) === "ustar";
  const end = block.indexOf(0);
  const length = readSize(block);
  if (!isPlain || end < 1 || end > NAME_BYTES || length === undefined) throw foreign(path);
  return { name: block.toString("latin1", 0, end).replace(/^\.\//, ""), length };
}

/** Octal digits; or, from 8 GiB on, a binary number with the first bit set. */
function readSize(block: Buffer): number | undefined {
  const field = block.subarray(SIZE_AT, SIZE_AT + 12);
  if (field[0] === 0x80) {
    const size = Number(field.readBigUInt64BE(4));
    return Number.isSafeInteger(size) ? size : undefined;
  }
  const digits = field.toString("latin1").replace(/[\0 ]+$/, "");
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function truncated(path: string): JamesError {
  return new JamesError("ARCHIVE_TRUNCATED", `${path} ends in the middle`, { hint: "Copy it again." });
}

function foreign(path: string): JamesError {
  return new JamesError("ARCHIVE_NOT_RECOGNISED", `${path} is no export of packets`, {
    hint: "Name a file that jamesd-ctl export wrote.",
  });
}
