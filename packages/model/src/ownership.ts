import { type Manifest, parentPaths } from "./manifest.ts";
import { type Steps, whole } from "./steps.ts";

/** Two packets of one device that both want a path which cannot be shared. */
export interface PathConflict {
  readonly path: string;
  readonly apps: readonly [string, string];
}

/** An app's manifest, for the question who owns what. */
export interface OwnedManifest {
  readonly app: string;
  readonly manifest: Manifest;
}

/** Every path that a packet puts on a device, and whether as a directory: also those that are only implied by what is in them. */
export type OwnedPaths = ReadonlyMap<string, boolean>;

/** The paths of a manifest. */
export function ownedPaths(manifest: Manifest): OwnedPaths {
  return whole(ownedPathsInSteps(manifest));
}

/** As `ownedPaths`, an entry a step. */
export function* ownedPathsInSteps(manifest: Manifest): Steps<OwnedPaths> {
  const owned = new Map<string, boolean>();
  for (const { path, type } of manifest) {
    for (const parent of parentPaths(path)) owned.set(parent, true);
    owned.set(path, type === "directory");
    yield;
  }
  return owned;
}

/** Directories that are links to those of the same name below `usr` on most systems (the merged /usr of distributions). */
const MERGED = /^(?:s?bin|lib(?:32|64|o32|x32)?)\//;

/** What else a path may be called on a system with a merged /usr: `bin/foo` is `usr/bin/foo` there. */
export function otherNames(path: string): readonly string[] {
  if (MERGED.test(path)) return [`usr/${path}`];
  const below = path.replace(/^usr\//, "");
  return below !== path && MERGED.test(below) ? [below] : [];
}

/**
 * Paths as they are on a system with a merged /usr, a path a step: `bin/foo` is `usr/bin/foo` there. The same object when
 * that changes nothing.
 */
export function* mergedPathsInSteps(owned: OwnedPaths): Steps<OwnedPaths> {
  const merged = new Map<string, boolean>();
  let isOther = false;
  for (const [path, isDirectory] of owned) {
    const isMoved = MERGED.test(path);
    isOther ||= isMoved;
    const place = isMoved ? `usr/${path}` : path;
    merged.set(place, isDirectory && (merged.get(place) ?? true));
    yield;
  }
  return isOther ? merged : owned;
}

/**
 * The first path, in path order, that two packets both own and cannot share, a path a step: directories are shared,
 * everything else has one owner.
 */
export function* unsharablePathInSteps(a: OwnedPaths, b: OwnedPaths): Steps<string | undefined> {
  const [fewer, more] = a.size < b.size ? [a, b] : [b, a];
  let first: string | undefined;
  for (const [path, isDirectory] of fewer) {
    yield;
    const other = more.get(path);
    if (other === undefined || (isDirectory && other)) continue;
    if (first === undefined || path < first) first = path;
  }
  return first;
}

/**
 * The first path, in path order, that two of these packets own and cannot share, or one of these and one of `others`, among
 * which nothing is looked for.
 */
export function findPathConflict(
  packets: readonly OwnedManifest[],
  others: readonly OwnedManifest[] = [],
): PathConflict | undefined {
  // Within a packet each path is there once.
  if (packets.length + others.length < 2) return undefined;
  const owners = new Map<string, { app: string; isDirectory: boolean }>();
  for (const { app, manifest } of others)
    for (const [path, isDirectory] of ownedPaths(manifest)) owners.set(path, { app, isDirectory });
  let first: PathConflict | undefined;
  for (const { app, manifest } of packets) {
    for (const [path, isDirectory] of ownedPaths(manifest)) {
      const owner = owners.get(path);
      if (owner === undefined) owners.set(path, { app, isDirectory });
      else if (!(owner.isDirectory && isDirectory) && (!first || path < first.path))
        first = { path, apps: [owner.app, app] };
    }
  }
  return first;
}
