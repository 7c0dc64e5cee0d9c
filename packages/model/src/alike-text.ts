import type { Entry, Manifest } from "./manifest.ts";
import type { Packet } from "./packet.ts";

/** A packet with the text that its digest is taken of (`packetText`). */
export interface PacketWithText {
  readonly packet: Packet;
  readonly text: string;
}

/** What the text of a packet says that another packet does not. */
export interface AlikeText {
  /** That text with those entries alone that are not as they are in the other packet. */
  readonly rest: string;
  /** The whole manifest, when these are the entries of `rest`: what is alike is the other packet's very entries. */
  readonly manifestWith: (entries: Manifest) => Manifest;
}

const MANIFEST = '"manifest":[';
const NAME = '],"name":';
const BETWEEN = '},{"';
const PATH = '"path":"';

/** The entries of a manifest in a text: where they begin, and where the last one ends. */
interface Stretch {
  readonly starts: readonly number[];
  readonly end: number;
}

/**
 * Compares the text of a packet with that of another one, entry by entry: of two versions most are the same, and need not be
 * read again. Nothing is said of what the text is otherwise: who reads it sees that `rest` is the text of a packet (then the
 * places where it was divided are between entries, for in JSON no letter follows the quotation mark that ends a text), and
 * that the whole text has the digest.
 * @returns undefined when it is no text of a packet
 */
export function alikeText(text: string, other: PacketWithText): AlikeText | undefined {
  const [stretch, known] = [entriesIn(text), entriesIn(other.text)];
  const { manifest } = other.packet;
  if (!stretch || known?.starts.length !== manifest.length) return undefined;
  const changed: string[] = [];
  // Undefined where an entry of the rest stands.
  const found: (Entry | undefined)[] = [];
  for (let at = 0, there = 0; at < stretch.starts.length; at++) {
    const entry = entryAt(text, stretch, at);
    let one = entryAt(other.text, known, there);
    // In the order of paths: what the other one has alone is passed over.
    if (one !== entry)
      for (const path = pathIn(entry); pathIn(one) < path; ) one = entryAt(other.text, known, ++there);
    const isAlike = one === entry;
    if (!isAlike) changed.push(entry);
    found.push(isAlike ? manifest[there] : undefined);
    if (isAlike || pathIn(one) === pathIn(entry)) there += 1;
  }
  const first = stretch.starts[0] ?? stretch.end;
  return {
    rest: text.slice(0, first) + changed.join(",") + text.slice(stretch.end),
    manifestWith: (entries) => {
      let next = 0;
      return found.map((entry) => entry ?? (entries[next++] as Entry));
    },
  };
}

function entriesIn(text: string): Stretch | undefined {
  const begin = text.indexOf(MANIFEST) + MANIFEST.length;
  const end = text.indexOf(NAME, begin - 1);
  if (begin < MANIFEST.length || end < 0) return undefined;
  const starts = end === begin ? [] : [begin];
  for (let at = text.indexOf(BETWEEN, begin); at >= 0 && at < end; at = text.indexOf(BETWEEN, at + 1))
    if (isLetter(text.charCodeAt(at + BETWEEN.length))) starts.push(at + 2);
  return { starts, end };
}

/** The text of an entry; empty behind the last one. */
function entryAt(text: string, { starts, end }: Stretch, at: number): string {
  const start = starts[at];
  const next = starts[at + 1];
  return start === undefined ? "" : text.slice(start, next === undefined ? end : next - 1);
}

/** The path of an entry as JSON has it; behind all others where there is none. */
function pathIn(entry: string): string {
  const start = entry.indexOf(PATH) + PATH.length;
  return start < PATH.length ? "\uFFFF" : entry.slice(start, entry.indexOf('"', start));
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}
