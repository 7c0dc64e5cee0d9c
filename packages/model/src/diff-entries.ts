import type { Entry, Manifest } from "./manifest.ts";

/** What can be different of an entry that is in both of two packets. */
export type EntryAspect =
  | "type"
  | "content"
  | "size"
  | "mode"
  | "owner"
  | "target"
  | "capability"
  | "hard link";

/** A path at which two packets have not the same; null where one has nothing. */
export interface EntryDifference {
  readonly path: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
  /** What of it is different; empty when it is in one of them only. */
  readonly aspects: readonly EntryAspect[];
}

/** Where two manifests differ, by path. */
export function diffEntries(before: Manifest, after: Manifest): readonly EntryDifference[] {
  const [old, now] = [byPath(before), byPath(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.flatMap((path) => {
    const [was, is] = [old.get(path) ?? null, now.get(path) ?? null];
    const aspects = was && is ? aspectsOf(was, is) : [];
    return was && is && aspects.length === 0 ? [] : [{ path, before: was, after: is, aspects }];
  });
}

const READERS: Readonly<Record<EntryAspect, (entry: Entry) => unknown>> = {
  type: ({ type }) => type,
  content: (entry) => (entry.type === "file" ? entry.digest : undefined),
  size: (entry) => (entry.type === "file" ? entry.size : undefined),
  mode: (entry) => (entry.type === "symlink" ? undefined : entry.mode),
  owner: ({ uid, gid }) => `${uid}:${gid}`,
  target: (entry) => (entry.type === "symlink" ? entry.target : undefined),
  capability: (entry) => (entry.type === "file" ? entry.capability : undefined),
  "hard link": (entry) => (entry.type === "file" ? entry.sameAs : undefined),
};

/** Of another type everything is different: that says it all. */
function aspectsOf(was: Entry, is: Entry): readonly EntryAspect[] {
  if (was.type !== is.type) return ["type"];
  const aspects = Object.entries(READERS) as [EntryAspect, (entry: Entry) => unknown][];
  return aspects.flatMap(([aspect, read]) => (read(was) === read(is) ? [] : [aspect]));
}

function byPath(manifest: Manifest): ReadonlyMap<string, Entry> {
  return new Map(manifest.map((entry) => [entry.path, entry]));
}
