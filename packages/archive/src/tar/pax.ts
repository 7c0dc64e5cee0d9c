import { refusal } from "../refuse.ts";

/** The records of a pax header. Values are bytes: those of extended attributes are no text. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

/** What a record begins with: its length, which counts everything from its first digit to its newline. */
const LENGTH = /^([1-9]\d{0,9}) /;
const LONGEST_LENGTH = 11;
const [EQUALS, NEWLINE] = [0x3d, 0x0a];

/** Reads records `LENGTH KEY=VALUE\n`; of two with one key the last counts. @throws JamesError ARCHIVE_CORRUPT */
export function parsePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const [prefix, length] = LENGTH.exec(bytes.toString("latin1", at, at + LONGEST_LENGTH)) ?? [];
    if (prefix === undefined) throw malformed();
    const record = bytes.subarray(at, at + Number(length));
    const equals = record.indexOf(EQUALS, prefix.length);
    // Each record is at least as long as its length is written, so that reading comes forward.
    if (record.length < Number(length) || equals <= prefix.length || record.at(-1) !== NEWLINE)
      throw malformed();
    records.set(record.toString("utf8", prefix.length, equals), record.subarray(equals + 1, -1));
    at += record.length;
  }
  return records;
}

function malformed(): Error {
  return refusal("ARCHIVE_CORRUPT", "the tar is damaged: a pax header is not made of records");
}

/** Writes records as `parsePax` reads them. */
export function encodePax(records: readonly (readonly [key: string, value: string | Buffer])[]): Buffer {
  return Buffer.concat(
    records.map(([key, value]) => encodeRecord(Buffer.from(` ${key}=`), Buffer.from(value))),
  );
}

// The length counts its own digits, too.
function encodeRecord(key: Buffer, value: Buffer): Buffer {
  const rest = key.length + value.length + 1;
  const digits = String(rest + String(rest).length).length;
  return Buffer.concat([Buffer.from(String(rest + digits)), key, value, Buffer.from("\n")]);
}
