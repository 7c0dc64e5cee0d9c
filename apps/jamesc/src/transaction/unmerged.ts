import { besideConffile, type Digest, type InstalledApp } from "@jamesd/model";
import { RootFs } from "./disk/root-fs.ts";

/** So many places are looked at, at every check-in. */
const MOST_PLACES = 1000;
/** So many are named. */
const MOST_NAMED = 50;

/** Finds the new versions of configuration files that lie beside edited ones, until somebody has merged them. */
export class Unmerged {
  readonly #conffilesOf: (digest: Digest) => readonly string[];
  readonly #installRoot: string;
  /** Where some may lie, of the apps that were asked about last: their packets are read once. */
  #places: { readonly of: string; readonly paths: readonly string[] } = { of: "", paths: [] };

  /** `conffilesOf` has the paths of the configuration files of an installed packet. */
  constructor(conffilesOf: (digest: Digest) => readonly string[], installRoot: string) {
    this.#conffilesOf = conffilesOf;
    this.#installRoot = installRoot;
  }

  /** The paths below the install root of those that are there, by name. What cannot be looked at is not. */
  now(apps: readonly InstalledApp[]): readonly string[] {
    const paths = this.#placesOf(apps);
    if (paths.length === 0) return [];
    const root = new RootFs(this.#installRoot);
    try {
      return paths.filter((path) => isThere(root, path)).slice(0, MOST_NAMED);
    } finally {
      root.forget();
    }
  }

  #placesOf(apps: readonly InstalledApp[]): readonly string[] {
    const of = apps.map(({ digest }) => digest).join();
    if (of !== this.#places.of) {
      const paths = apps.flatMap(({ digest }) => this.#conffilesOf(digest)).map(besideConffile);
      this.#places = { of, paths: [...new Set(paths)].sort().slice(0, MOST_PLACES) };
    }
    return this.#places.paths;
  }
}

function isThere(root: RootFs, path: string): boolean {
  try {
    return root.lstat(path) !== undefined;
  } catch {
    return false;
  }
}
