/** A place of which nobody makes use is kept for so long: an agent asks again at once, or when it has carried out a plan. */
const KEPT_MS = 60_000;

/**
 * The devices whose check-ins may be held: only so many, since each costs memory. Who has a place keeps it as long as it
 * comes back in time; a free one is for whoever comes first. One who has changed since the longest of all has had its
 * place takes that: people wait for what changes. So nobody's place goes back and forth: it is lost only to who has
 * changed since. Times are milliseconds.
 */
export class HoldPlaces {
  readonly #most: number;
  readonly #displaced: (id: string) => void;
  /** By device, since when it has its place, or has changed; the longest first. */
  readonly #places = new Map<string, number>();
  /** Of those whose check-in is not held, since when; the longest first. */
  readonly #idle = new Map<string, number>();

  /** @param displaced told of each device that has lost its place while its check-in is held */
  constructor(most: number, displaced: (id: string) => void) {
    this.#most = most;
    this.#displaced = displaced;
  }

  /** How many check-ins are held. */
  get held(): number {
    return this.#places.size - this.#idle.size;
  }

  /** How many may be. */
  get most(): number {
    return this.#most;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** Whether the check-in of a device may be held, from now until `leave`; `changed`: when something of it changed last. */
  take(id: string, changed: number, now: number): boolean {
    const since = this.#places.get(id);
    if (since === undefined && !this.#makeRoom(changed, now)) return false;
    this.#idle.delete(id);
    if (since === undefined || changed > since) {
      this.#places.delete(id);
      this.#places.set(id, now);
    }
    return true;
  }

  /** A check-in is held no longer. */
  leave(id: string, now: number): void {
    if (!this.#places.has(id)) return;
    this.#idle.delete(id);
    this.#idle.set(id, now);
  }

  /** A device is forgotten. */
  forget(id: string): void {
    this.#places.delete(id);
    this.#idle.delete(id);
  }

  #makeRoom(changed: number, now: number): boolean {
    if (this.#places.size < this.#most) return true;
    const [unused] = this.#idle;
    if (unused && now - unused[1] >= KEPT_MS) {
      this.forget(unused[0]);
      return true;
    }
    const [longest] = this.#places;
    if (!longest || longest[1] >= changed) return false;
    this.forget(longest[0]);
    this.#displaced(longest[0]);
    return true;
  }
}
