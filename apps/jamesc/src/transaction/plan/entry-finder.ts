import { type Entry, indexBy, type Manifest } from "@jamesd/model";

/**
 * Finds entries of manifests by their paths, without a table of them. Who asks in the order of paths, as for the entries of
 * another version of the same packet, finds nearly each where the last one was found: behind it.
 */
export class EntryFinder {
  readonly #manifests: readonly Manifest[];
  /** Of each manifest, where the next one is looked for. */
  readonly #next: number[];
  #which = 0;

  constructor(manifests: readonly Manifest[]) {
    this.#manifests = manifests;
    this.#next = manifests.map(() => 0);
  }

  /** In which of the manifests the last one was found. */
  get which(): number {
    return this.#which;
  }

  /** The entry at a path, of the first manifest that has one after the one that had the last. */
  find(path: string): Entry | undefined {
    for (let tried = 0; tried < this.#manifests.length; tried++) {
      const which = (this.#which + tried) % this.#manifests.length;
      const found = this.#findIn(which, path);
      if (!found) continue;
      this.#which = which;
      return found;
    }
    return undefined;
  }

  #findIn(which: number, path: string): Entry | undefined {
    const manifest = this.#manifests[which] as Manifest;
    const next = this.#next[which] as number;
    const at = manifest[next]?.path === path ? next : indexBy(manifest, path, pathOf);
    if (manifest[at]?.path !== path) return undefined;
    this.#next[which] = at + 1;
    return manifest[at];
  }
}

function pathOf({ path }: Entry): string {
  return path;
}
