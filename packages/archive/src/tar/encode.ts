import { BLOCK, paddingOf } from "./block.ts";
import { encodePax } from "./pax.ts";

/** An entry to be written. */
export interface NewEntry {
  readonly flag: "0" | "1" | "2" | "5";
  readonly name: string;
  readonly target?: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** In seconds since 1970. */
  readonly mtime: number;
  /** What only a pax header can say. */
  readonly pax?: readonly (readonly [key: string, value: string | Buffer])[];
}

/** The largest number that fits the six octal digits of an owner. */
const MAX_PLAIN_ID = 0o777777;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const CHECKSUM_OFFSET = 148;

/** The blocks in front of an entry's content: its ustar header, and before that a pax header where it does not fit in there. */
export function encodeHeaders(entry: NewEntry): Buffer {
  const { name, target = "", uid, gid, pax = [] } = entry;
  const place = placeOf(name);
  const hasLargeId = Math.max(uid, gid) > MAX_PLAIN_ID;
  if (place && !hasLargeId && pax.length === 0 && Buffer.byteLength(target) <= NAME_BYTES)
    return encodeHeader(entry, entry.flag, place);
  const records = encodePax([
    ["path", name],
    ...(target === "" ? [] : [["linkpath", target] as const]),
    ...(hasLargeId
      ? ([
          ["uid", String(uid)],
          ["gid", String(gid)],
        ] as const)
      : []),
    ...pax,
  ]);
  const stand = { name: "PaxHeader", prefix: "" };
  const plain = { ...entry, target: target && stand.name };
  const padding = Buffer.alloc(paddingOf(records.length));
  const front = encodeHeader({ ...plain, size: records.length }, "x", stand);
  return Buffer.concat([front, records, padding, encodeHeader(plain, entry.flag, stand)]);
}

function encodeHeader(entry: NewEntry, flag: string, { name, prefix }: Place): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  block.write(octal(entry.mode, 6), 100);
  block.write(octal(Math.min(entry.uid, MAX_PLAIN_ID), 6), 108);
  block.write(octal(Math.min(entry.gid, MAX_PLAIN_ID), 6), 116);
  writeSize(block, entry.size);
  block.write(octal(entry.mtime, 11), 136);
  block.write(flag, 156);
  block.write(entry.target ?? "", 157);
  block.write("ustar\x0000", 257);
  block.write(octal(0, 6), 329);
  block.write(octal(0, 6), 337);
  block.write(prefix, 345);
  // The checksum counts as blanks while it is made.
  const sum = block.reduce((total, byte) => total + byte, 8 * 0x20);
  block.write(octal(sum, 6), CHECKSUM_OFFSET);
  return block;
}

// From 8 GiB on the base-256 of GNU tar.
function writeSize(block: Buffer, size: number): void {
  if (size < 8 ** 11) block.write(octal(size, 11), 124);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
}

/** A name in its two fields. */
interface Place {
  readonly name: string;
  readonly prefix: string;
}

/** Undefined when the name does not fit, or is more than ASCII, which ustar does not define. */
function placeOf(path: string): Place | undefined {
  if (Buffer.byteLength(path) !== path.length) return undefined;
  if (path.length <= NAME_BYTES) return { name: path, prefix: "" };
  const slash = path.indexOf("/", path.length - NAME_BYTES - 1);
  return slash < 0 || slash > PREFIX_BYTES
    ? undefined
    : { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")} `;
}
