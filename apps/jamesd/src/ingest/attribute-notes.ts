/** What archives have of files that no packet keeps. */
export interface DroppedAttributes {
  /** Of how many entries. */
  readonly entries: number;
  /** One of them. */
  readonly path: string;
  /** Some of the attributes, by name. */
  readonly names: readonly string[];
}

/** So many attributes are named. */
const MOST_NAMES = 5;

/** Gathers what is dropped while an archive is read, however much that is. */
export class AttributeNotes {
  #dropped: DroppedAttributes | undefined;

  add(path: string, names: readonly string[]): void {
    const before = this.#dropped ?? { entries: 0, path, names: [] };
    const all = [...new Set([...before.names, ...names])].slice(0, MOST_NAMES);
    this.#dropped = { ...before, entries: before.entries + 1, names: all };
  }

  /** Undefined when nothing was. */
  get dropped(): DroppedAttributes | undefined {
    return this.#dropped;
  }
}
