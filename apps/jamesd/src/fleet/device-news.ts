/** Tells whoever listens of which devices there is news: they were heard of, or something that is known of them is not as before. */
export class DeviceNews {
  readonly #listeners = new Set<(id: string) => void>();

  /** Has a listener told from now on, right when it happens, so that it must do next to nothing. @returns what ends that */
  listen(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** There is news of a device. */
  tell(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }
}
