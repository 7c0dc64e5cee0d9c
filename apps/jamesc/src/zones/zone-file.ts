import { type OffsetAt, parseZoneRule } from "./zone-rule.ts";

const HEAD = 44;
const MAGIC = "TZif";
/** A type of local time: how far ahead of UTC, and what is not needed here. */
const TYPE = 6;

/** How many there are of each of what a part of the file holds. */
interface Counts {
  readonly times: number;
  readonly types: number;
  /** Bytes from the head to the end of the part. */
  readonly length: number;
  readonly leaps: number;
}

/** The clocks of a zone as TZif has them (RFC 8536); undefined for what is none, has nothing of the time after 2037, or counts leap seconds. */
export function parseZoneFile(file: Buffer): OffsetAt | undefined {
  const short = countsAt(file, 0, 4);
  const at = short && HEAD + short.length;
  const counts = at === undefined ? undefined : countsAt(file, at, 8);
  if (at === undefined || counts === undefined || counts.leaps > 0 || counts.types === 0) return undefined;
  const [, footer = "", end] = file.toString("latin1", at + HEAD + counts.length).split("\n");
  const rule = end === undefined ? undefined : parseZoneRule(footer);
  // Without one nothing is known of the time after the last change.
  if (rule === undefined) return undefined;
  const times = at + HEAD;
  const indexes = times + counts.times * 8;
  const types = indexes + counts.times;
  const timeOf = (n: number): number => Number(file.readBigInt64BE(times + n * 8));
  const offsetOf = (type: number): number => file.readInt32BE(types + type * TYPE);
  return (time) => {
    let [low, high] = [0, counts.times];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timeOf(middle) <= time) low = middle + 1;
      else high = middle;
    }
    if (low === counts.times) return rule(time);
    return offsetOf(low === 0 ? 0 : file.readUInt8(indexes + low - 1));
  };
}

/** What the head at a position says, and holds; undefined: there is none, or the file ends before. @param bytes that a time has */
function countsAt(file: Buffer, at: number, bytes: number): Counts | undefined {
  if (file.length < at + HEAD || file.toString("latin1", at, at + MAGIC.length) !== MAGIC) return undefined;
  // Of version 1, whose times end in 2038, there is nothing more.
  if (file.readUInt8(at + MAGIC.length) < "2".charCodeAt(0)) return undefined;
  const [utc = 0, walls = 0, leaps = 0, times = 0, types = 0, letters = 0] = Array.from(
    { length: 6 },
    (_, n) => file.readUInt32BE(at + 20 + n * 4),
  );
  const length = times * (bytes + 1) + types * TYPE + letters + leaps * (bytes + 4) + walls + utc;
  return at + HEAD + length > file.length ? undefined : { times, types, length, leaps };
}
