import { type Manifest, parentPaths } from "./manifest.ts";

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

/**
 * The first path that two packets own, in path order. Directories are shared, also those that a packet only implies by
 * what it puts into them; everything else has one owner, and cannot be another packet's directory.
 */
export function findPathConflict(packets: readonly OwnedManifest[]): PathConflict | undefined {
  const owners = new Map<string, { app: string; isDirectory: boolean }>();
  let first: PathConflict | undefined;
  const claim = (path: string, app: string, isDirectory: boolean): void => {
    const owner = owners.get(path);
    if (owner === undefined) owners.set(path, { app, isDirectory });
    else if (owner.app !== app && !(owner.isDirectory && isDirectory) && (!first || path < first.path))
      first = { path, apps: [owner.app, app] };
  };
  for (const { app, manifest } of packets) {
    for (const entry of manifest) {
      for (const parent of parentPaths(entry.path)) claim(parent, app, true);
      claim(entry.path, app, entry.type === "directory");
    }
  }
  return first;
}
