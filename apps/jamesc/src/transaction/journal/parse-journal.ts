import { JamesError, sha256 } from "@jamesd/model";
import { JOURNAL_FORMAT, type JournalRecord } from "./journal-record.ts";

/** A journal as it was read. */
export interface ParsedJournal {
  readonly records: readonly JournalRecord[];
  /** Bytes up to the end of the last whole record; what follows was torn by a crash. */
  readonly length: number;
  /** Of the last whole record only the end of its line is missing. */
  readonly isOpen: boolean;
}

interface Line {
  /** Undefined: broken. */
  readonly record: JournalRecord | undefined;
  readonly isOpen: boolean;
  /** What a crash in the middle of an append leaves: no end, or a part that never reached the disk. */
  readonly isTorn: boolean;
  /** Where it ends, its newline included. */
  readonly end: number;
}

const NEWLINE = 0x0a;
const CHECKSUM_DIGITS = 16;

/** A record as a line: `<first 16 digits of its SHA-256> <JSON>`. */
export function formatRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${sha256(json).slice(0, CHECKSUM_DIGITS)} ${json}\n`;
}

/**
 * Reads a journal. A record is synced before the next one that matters is written, so that only the last can be torn; any
 * other broken one was damaged later, and then nothing that the journal says may be believed.
 * @throws JamesError JOURNAL_CORRUPT
 */
export function parseJournal(path: string, bytes: Buffer): ParsedJournal {
  const lines = [...linesOf(bytes)];
  const records = lines.flatMap(({ record }) => record ?? []);
  const broken = lines.findIndex(({ record }) => record === undefined);
  const [head] = records;
  if (head && head.record !== "stage") throw corrupt(path, "does not begin as journals do");
  if (head?.record === "stage" && (head.format ?? 1) > JOURNAL_FORMAT)
    throw corrupt(path, "was written by a newer jamesc");
  if (broken === -1) return { records, length: bytes.length, isOpen: lines.at(-1)?.isOpen ?? false };
  const isOld = head?.record === "stage" && head.format === undefined;
  if (!(isOld ? isClosedTear(lines) : isTail(lines, broken))) throw corrupt(path, "is damaged");
  return { records, length: lines.findLast(({ record }) => record)?.end ?? 0, isOpen: false };
}

// What a crash tore is all at the end.
function isTail(lines: readonly Line[], broken: number): boolean {
  return lines.slice(broken).every(({ record, isTorn }) => record === undefined && isTorn);
}

// The first jamesc put an end to a torn line when it found one, and went on behind it: with undoing, when it knew of a
// `begin`; else the line is the last one.
function isClosedTear(lines: readonly Line[]): boolean {
  let hasBegun = false;
  return lines.every(({ record, isTorn }, index) => {
    hasBegun ||= record?.record === "begin";
    if (record) return true;
    const next = lines.slice(index + 1).find((line) => line.record)?.record;
    if (next === undefined) return isTorn || hasBegun;
    return hasBegun && (next.record === "rollback" || next.record === "retry");
  });
}

function* linesOf(bytes: Buffer): Generator<Line> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found === -1 ? bytes.length : found + 1;
    const line = bytes.subarray(start, found === -1 ? end : found);
    const isOpen = found === -1;
    if (line.length > 0) yield { record: parseRecord(line), isOpen, isTorn: isOpen || line.includes(0), end };
    start = end;
  }
}

function parseRecord(line: Buffer): JournalRecord | undefined {
  const json = line.subarray(CHECKSUM_DIGITS + 1);
  const isSound =
    line.toString("latin1", 0, json.byteOffset - line.byteOffset) ===
    `${sha256(json).slice(0, CHECKSUM_DIGITS)} `;
  return isSound ? (JSON.parse(json.toString()) as JournalRecord) : undefined;
}

/** A journal that tells nothing of what is under way. `what` goes on after its path. */
export function corrupt(path: string, what: string): JamesError {
  return new JamesError("JOURNAL_CORRUPT", `${path} ${what}; nothing was changed`, {
    hint: "Files of the device may be in its staging folders: see docs/operations.md before anything is deleted. jamesd-ctl retry --id DEVICE puts them aside and goes on.",
  });
}
