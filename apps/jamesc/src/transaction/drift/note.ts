import { renameSync, rmSync, writeFileSync } from "node:fs";
import { type Digest, DRIFT_KINDS, type DriftKind, type DriftPolicy, sha256 } from "@jamesd/model";
import { readAgentFile } from "../disk/agent-file.ts";
import { type Layout, noteFile } from "../disk/layout.ts";
import type { Mark } from "./mark.ts";

/** What was last seen of an entry of a packet. */
export interface Line {
  readonly path: string;
  /** Of a directory: what it should be like. */
  readonly mark: Mark;
  /** How it differed from the packet; empty: it did not. */
  readonly kinds: readonly DriftKind[];
}

/** What a packet's note says besides its lines. */
export interface NoteHead {
  /** When all contents were last compared: milliseconds since the epoch, by the device's clock; null: never. */
  readonly full: number | null;
  /** What the packet says of its drift. */
  readonly policy: DriftPolicy | undefined;
}

/** What was last seen of a packet's entries, but for those that may change, in the order of its manifest. */
export interface Note extends NoteHead {
  readonly lines: () => Iterable<Line>;
}

/** What a note begins with: its format, and then when, what, and the SHA-256 of its lines. */
const HEAD = /^jamesc-note 1 (-|\d+) (-|report|repair) ([0-9a-f]{64})\n/;

/**
 * The note of an installed packet. It is never synced: one that is not there, that a power cut spoiled or that a later
 * jamesc wrote costs a look at all contents.
 */
export function readNote(layout: Layout, packet: Digest): Note | undefined {
  const text = readText(layout, packet);
  return text === undefined ? undefined : parseNote(text);
}

/** Tells whether a note says that an entry was as its packet has it, and had this mark. */
export type Reminder = (path: string, mark: Mark) => boolean;

/** The same note, for who asks for one entry after the other in the order of paths: nothing is made of its lines. */
export function readReminder(layout: Layout, packet: Digest): Reminder | undefined {
  const text = readText(layout, packet);
  return text === undefined ? undefined : reminderOf(text);
}

/** @returns undefined when the note is damaged, or of another format */
export function reminderOf(text: string): Reminder | undefined {
  const start = headOf(text)?.start;
  if (start === undefined) return undefined;
  let at = start;
  let last = "";
  return (path, mark) => {
    if (path <= last) at = start;
    last = path;
    while (at < text.length) {
      const begin = at;
      const end = text.indexOf("\n", at);
      const name = text.indexOf("\t", text.indexOf("\t", at) + 1) + 1;
      const isThat = end - name === path.length && text.startsWith(path, name);
      // It may be further on; a line behind it is looked at again for the next path.
      if (!isThat && text.slice(name, end) > path) return false;
      at = end + 1;
      if (isThat) return text.startsWith(`${mark}\t\t`, begin);
    }
    return false;
  };
}

function readText(layout: Layout, packet: Digest): string | undefined {
  try {
    return readAgentFile(noteFile(layout, packet)).toString();
  } catch {
    return undefined;
  }
}

/** Writes the note of a packet; where that is not possible, such as on a full disk, the next look sees more. */
export function writeNote(layout: Layout, packet: Digest, head: NoteHead, lines: readonly Line[]): void {
  const path = noteFile(layout, packet);
  try {
    writeFileSync(`${path}.new`, formatNote(head, lines), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    rmSync(`${path}.new`, { force: true });
  }
}

/** The text of a note. Paths have no control characters: packets with such are refused. */
export function formatNote({ full, policy }: NoteHead, lines: readonly Line[]): string {
  const body = lines.map(({ mark, kinds, path }) => `${mark}\t${kinds.join(",")}\t${path}\n`).join("");
  return `jamesc-note 1 ${full ?? "-"} ${policy ?? "-"} ${sha256(body)}\n${body}`;
}

/** Reads the text of a note; undefined when it is damaged, or of another format. */
export function parseNote(text: string): Note | undefined {
  const head = headOf(text);
  if (!head) return undefined;
  const { start, full, policy } = head;
  return {
    full: full === "-" ? null : Number(full),
    policy: policy === "report" || policy === "repair" ? policy : undefined,
    lines: () => linesOf(text, start),
  };
}

/** What a note begins with, and where its lines begin. */
function headOf(text: string) {
  const [head = "", full, policy, checksum] = HEAD.exec(text) ?? [];
  return sha256(text.slice(head.length)) === checksum ? { start: head.length, full, policy } : undefined;
}

// One by one: a note of 100,000 lines is no list of as many objects.
function* linesOf(text: string, start: number): Generator<Line> {
  for (let at = start; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const [kinds, path] = [text.indexOf("\t", at) + 1, text.lastIndexOf("\t", end) + 1];
    yield {
      path: text.slice(path, end),
      mark: text.slice(at, kinds - 1),
      kinds: kindsIn(text.slice(kinds, path - 1)),
    };
    at = end + 1;
  }
}

function kindsIn(text: string): readonly DriftKind[] {
  // So it is of most.
  if (text === "") return [];
  const named = text.split(",");
  return DRIFT_KINDS.filter((kind) => named.includes(kind));
}
