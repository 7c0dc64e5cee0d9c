import type { Stats } from "node:fs";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** Now, by both clocks. */
export interface Clocks {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since whenever, by a clock that nobody sets. */
  readonly monotonic: () => number;
}

/** How a file was found when it was another than before. */
interface Found {
  readonly size: number;
  readonly mtimeMs: number;
  readonly since: number;
}

/**
 * Tells which files nothing was added to for a day. A clock that is years ahead would make leftovers of what is on its way, and one that was
 * ahead leave what never goes: a file is none before this process has seen it unchanged for an hour, and is one when that was a day.
 */
export class Leftovers {
  readonly #clocks: Clocks;
  #known = new Map<string, Found>();

  constructor(clocks: Clocks = { now: Date.now, monotonic: () => performance.now() }) {
    this.#clocks = clocks;
  }

  /** Those of all files that there are. */
  among(files: ReadonlyMap<string, Pick<Stats, "size" | "mtimeMs">>): readonly string[] {
    const [now, monotonic] = [this.#clocks.now(), this.#clocks.monotonic()];
    const known = new Map<string, Found>();
    for (const [name, { size, mtimeMs }] of files) {
      const before = this.#known.get(name);
      const isSame = before?.size === size && before.mtimeMs === mtimeMs;
      known.set(name, isSame ? before : { size, mtimeMs, since: monotonic });
    }
    this.#known = known;
    const isLeft = ({ mtimeMs, since }: Found): boolean =>
      monotonic - since >= (now - mtimeMs >= DAY_MS ? HOUR_MS : DAY_MS);
    return [...known].filter(([, found]) => isLeft(found)).map(([name]) => name);
  }
}
