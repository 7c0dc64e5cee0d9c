import { refusal } from "../refuse.ts";

/** The records of a pax header. Values are bytes: those of extended attributes are no text. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

const [SPACE, EQUALS, NEWLINE] = [0x20, 0x3d, 0x0a];

/** Reads records `LENGTH KEY=VALUE\n`; of two with one key the last counts. @throws JamesError ARCHIVE_CORRUPT */
export function parsePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(SPACE, at);
    const equals = bytes.indexOf(EQUALS, space + 1);
    const digits = bytes.toString("latin1", at, Math.max(at, Math.min(space, at + 10)));
    const end = at + (/^\d+$/.test(digits) ? Number(digits) : 0);
    if (equals < space || equals >= end - 1 || bytes[end - 1] !== NEWLINE) throw malformed();
    records.set(bytes.toString("utf8", space + 1, equals), bytes.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

function malformed(): Error {
  return refusal("ARCHIVE_CORRUPT", "the tar is damaged: a pax header is not made of records");
}
