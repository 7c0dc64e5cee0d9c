/** Told which devices have other tags or apps than before, or are new, or gone, until it is disposed of. */
export interface Watch extends Disposable {
  readonly changed: Set<string>;
}

/** Those who are told which devices change. */
export class Watches {
  readonly #watches = new Set<Set<string>>();

  /** One more, from now on. */
  begin(): Watch {
    const changed = new Set<string>();
    this.#watches.add(changed);
    return { changed, [Symbol.dispose]: () => void this.#watches.delete(changed) };
  }

  /** A device changed. */
  tell(id: string): void {
    for (const changed of this.#watches) changed.add(id);
  }
}
