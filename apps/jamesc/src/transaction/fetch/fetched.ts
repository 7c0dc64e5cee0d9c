import { type Hash, randomBytes } from "node:crypto";
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sizeOf } from "@jamesd/disk";
import { type Digest, JamesError, manifestBlobs, type Packet } from "@jamesd/model";
import { naming } from "../disk/device-error.ts";
import { fetchedFile, type Layout, PART, scriptFile, USED } from "../disk/layout.ts";
import type { Unchanged } from "../plan/unchanged.ts";

/** What the names in the folder of fetched files begin with: a digest in hexadecimal. */
const DIGEST_LENGTH = 64;

/** A content that a transaction needs and the state directory does not hold. */
export interface Wanted {
  readonly digest: Digest;
  readonly size: number;
  /** Where it goes once it is whole and verified. */
  readonly file: string;
  /** Where it is until then, when it is not written at once. */
  readonly part: string;
  /** Scripts stay where they are fetched to, and must be durable there; files are made so when they are staged. */
  readonly isScript: boolean;
}

/** Sees that what came is what was wanted. @throws JamesError SERVER_UNREACHABLE when it is too short, DIGEST_MISMATCH when it is something else */
export function verify({ digest, size }: Wanted, came: number, hash: Hash): void {
  if (came < size)
    throw new JamesError(
      "SERVER_UNREACHABLE",
      `the download of blob ${digest} ended ${size - came} bytes early`,
    );
  if (came > size || hash.digest("hex") !== digest)
    throw new JamesError("DIGEST_MISMATCH", `the content that came for blob ${digest} is not that`);
}

/** True for the error that says: what came is something else. */
export function isMismatch(cause: unknown): boolean {
  return cause instanceof JamesError && cause.code === "DIGEST_MISMATCH";
}

/** The contents of these packets that are not here yet, but for those of files that are left unchanged. */
export function wantedBlobs(
  packets: readonly Packet[],
  unchanged: Pick<Unchanged, "has">,
  layout: Layout,
): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const packet of packets) {
    for (const script of Object.values(packet.scripts)) {
      const file = scriptFile(layout, script.digest);
      const part = `${fetchedFile(layout, script.digest)}.script${PART}`;
      wanted.set(file, { ...script, file, part, isScript: true });
    }
    for (const [digest, size] of manifestBlobs(packet.manifest.filter(({ path }) => !unchanged.has(path)))) {
      const file = fetchedFile(layout, digest);
      wanted.set(file, { digest, size, file, part: file + PART, isScript: false });
    }
  }
  const here = filesIn(layout.fetched, layout.scripts);
  // A file under its final name was verified by this process: `distrustFetched` renamed those of earlier ones.
  return [...wanted.values()].filter(({ file, size }) => !(here.has(file) && statSync(file).size === size));
}

/** How much of these contents is here, of those on their way as well. */
export function bytesHere(wanted: readonly Wanted[], layout: Layout): number {
  const here = filesIn(layout.fetched, layout.scripts);
  const held = ({ file, part, size }: Wanted): number =>
    here.has(file) ? size : here.has(part) ? Math.min(size, sizeOf(part)) : 0;
  return wanted.reduce((sum, one) => sum + held(one), 0);
}

/** How much is here of whatever was fetched, in the form in which it came. */
export function bytesFetched({ fetched }: Pick<Layout, "fetched">): number {
  try {
    return readdirSync(fetched).reduce((sum, name) => sum + sizeOf(join(fetched, name)), 0);
  } catch {
    return 0;
  }
}

// Names are read once: to ask for each of thousands costs more than to list them.
function filesIn(...folders: readonly string[]): ReadonlySet<string> {
  return new Set(folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))));
}

/** What is held of earlier downloads but has to be verified, by path, with its size. */
export function heldFiles({ fetched }: Layout): ReadonlyMap<string, number> {
  const held = readdirSync(fetched).filter((name) => name.endsWith(PART) || name.endsWith(USED));
  const paths = held.map((name) => join(fetched, name));
  return new Map(paths.map((path) => [path, statSync(path).size]));
}

/**
 * Makes parts of everything that an earlier process fetched, so that it is hashed again before use: blobs are synced
 * only when they are staged, and a power cut may have spoiled them.
 */
export function distrustFetched({ fetched }: Layout): void {
  for (const name of readdirSync(fetched))
    if (!name.endsWith(PART) && !name.endsWith(USED))
      renameSync(join(fetched, name), join(fetched, name + PART));
}

/** Deletes what was fetched and can be fetched again. */
export function forgetFetched(layout: Layout): void {
  forgetWhere(layout, () => true);
}

/** A part that no download goes on with. */
const ROOM = `room${PART}`;
/** State.json grows by what a report says. */
const REPORT_BYTES = 64 * 1024;

/**
 * Leaves something that can be deleted for the room to write state.json, when a plan fails on a disk that is full by then:
 * what was fetched has been moved to where undoing needs it.
 */
export function leaveRoom({ fetched, state }: Layout): void {
  // No zeros, which a file system may keep without room.
  const room = randomBytes(sizeOf(state) + REPORT_BYTES);
  naming("leave room in", fetched, () => writeFileSync(join(fetched, ROOM), room, { mode: 0o600 }));
}

/** Takes that room back. */
export function takeRoom({ fetched }: Layout): void {
  rmSync(join(fetched, ROOM), { force: true });
}

/** Deletes so many of the fetched files, the smallest first: of a large one most would have to come again. @returns how many there were to delete */
export function forgetSmallest({ fetched }: Layout, count: number): number {
  const files = readdirSync(fetched).map((name) => join(fetched, name));
  const sized = files.map((file) => ({ file, size: sizeOf(file) }));
  const smallest = sized.toSorted((one, other) => one.size - other.size).slice(0, count);
  for (const { file } of smallest) rmSync(file, { force: true });
  return smallest.length;
}

/** Deletes what was fetched for something else than the digests that are wanted: contents, deltas, packets of bundles. */
export function keepFetched(layout: Layout, isWanted: (digest: Digest) => boolean): void {
  forgetWhere(layout, (name) => !isWanted(name.slice(0, DIGEST_LENGTH)));
}

/** Deletes what was staged once: everything that is wanted is there anew. */
export function forgetUsed(layout: Layout): void {
  forgetWhere(layout, (name) => name.endsWith(USED));
}

/** Takes back what was staged, when nobody but the agent can have seen it: the staging folder is gone, and nothing was switched. */
export function reclaim({ fetched }: Layout): void {
  for (const name of readdirSync(fetched))
    if (name.endsWith(USED)) renameSync(join(fetched, name), join(fetched, name.slice(0, -USED.length)));
}

function forgetWhere({ fetched }: Layout, isForgotten: (name: string) => boolean): void {
  for (const name of readdirSync(fetched))
    if (isForgotten(name)) rmSync(join(fetched, name), { force: true });
}
