import { type Digest, type Entry, isExempt, type Packet, type Policy } from "@jamesd/model";
import type { Layout } from "../disk/layout.ts";
import { ownersOf } from "../disk/owners.ts";
import { examine, examineDirectory, type Look } from "./examine.ts";
import { Findings } from "./findings.ts";
import { markedDirectory, markOf } from "./mark.ts";
import { type Line, type Note, readNote, writeNote } from "./note.ts";

/** An installed packet that is looked at. */
export interface Looked {
  readonly app: string;
  readonly digest: Digest;
  /** Reads its manifest; undefined when that is lost. */
  readonly read: () => Packet | undefined;
  /** Whether its files have whatever owner the device gave them (`ownersHere`). */
  readonly here: Policy;
}

/** How an installed packet is looked at. */
export interface HowToLook extends Look {
  readonly layout: Layout;
  /** Contents that were compared longer ago are compared again; 0: all. */
  readonly fullAfterMs: number;
  /** Write down what was seen. */
  readonly isNoted: boolean;
  /** Is told of every path, perhaps more than once, that is not as it should be. */
  readonly found?: (line: Line) => void;
}

/**
 * Finds what of an installed packet is not as it should be: by its note first; only what was touched since is compared. Of
 * a manifest that is lost nothing can be said.
 * @throws the signal's reason
 */
export async function lookAtPacket(packet: Looked, how: HowToLook): Promise<Findings | undefined> {
  const note = readNote(how.layout, packet.digest);
  const quick = note && !isFullDue(note, how) ? await quickLook(packet.app, note, how) : undefined;
  if (quick && quick.suspect.size === 0) return quick.findings;
  const manifest = packet.read();
  return manifest && examineAll(packet, manifest, { note, suspect: quick?.suspect }, how);
}

// Of a clock that was set back since nothing can be told.
function isFullDue({ full }: Note, { fullAfterMs, now }: HowToLook): boolean {
  const age = now() - (full ?? 0);
  return full === null || age < 0 || age >= fullAfterMs;
}

/** What the note shows by itself, and the paths that something was done to since. */
async function quickLook(
  app: string,
  note: Note,
  { root, pace, found }: HowToLook,
): Promise<{ readonly findings: Findings; readonly suspect: ReadonlySet<string> }> {
  const findings = new Findings(app, note);
  const suspect = new Set<string>();
  for (const line of note.lines()) {
    if (pace.isDue) {
      root.forget();
      await pace.rest();
    }
    const kinds = seenKinds(line, root);
    if (kinds) findings.add(line, found);
    else suspect.add(line.path);
  }
  root.forget();
  return { findings, suspect };
}

function seenKinds({ path, mark, kinds }: Line, root: Look["root"]): Line["kinds"] | undefined {
  try {
    if (markedDirectory(mark)) {
      const now = examineDirectory({ path }, mark, root).kinds;
      return now.join() === kinds.join() ? kinds : undefined;
    }
    return markOf(root.lstat(path)) === mark ? kinds : undefined;
  } catch {
    return undefined;
  }
}

interface Before {
  readonly note: Note | undefined;
  /** What is to be compared; undefined: all. */
  readonly suspect: ReadonlySet<string> | undefined;
}

async function examineAll(
  { app, digest, here }: Looked,
  packet: Packet,
  { note, suspect }: Before,
  how: HowToLook,
): Promise<Findings> {
  const head = {
    full: suspect ? (note?.full ?? null) : how.now(),
    policy: packet.policy.drift,
  };
  const findings = new Findings(app, head);
  const owned = ownersOf(packet, here);
  const known = note?.lines()[Symbol.iterator]();
  const lines: Line[] = [];
  for (const entry of watched(packet)) {
    // A note has a line for each entry, in their order.
    const next = known?.next().value as Line | undefined;
    const before = next?.path === entry.path ? next : undefined;
    const isLeft = before && suspect && !suspect.has(entry.path);
    const line = isLeft ? before : await examine(owned(entry), before?.mark, how);
    findings.add(line, how.found);
    lines.push(line);
    if (!how.pace.isDue) continue;
    how.root.forget();
    await how.pace.rest();
  }
  how.root.forget();
  if (how.isNoted) writeNote(how.layout, digest, head, lines);
  return findings;
}

/** The entries of a packet that are to stay as they are. */
export function watched(packet: Packet): readonly Entry[] {
  const exempt = isExempt(packet);
  return packet.manifest.filter(({ path }) => !exempt(path));
}
