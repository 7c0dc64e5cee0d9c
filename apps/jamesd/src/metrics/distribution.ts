import type { Sample } from "./family.ts";

/** How many of what was observed were no larger than each of some bounds, and all of them together. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds growing; one without end comes after them */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    const place = at < 0 ? this.#bounds.length : at;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sum += value;
  }

  /** As a histogram of Prometheus has them: each bucket counts the smaller ones too. */
  samples<L extends string>(labels: Readonly<Record<L, string>>): readonly Sample<L>[] {
    let count = 0;
    const buckets = this.#counts.map((counted, i): Sample<L> => {
      count += counted;
      const le = String(this.#bounds[i] ?? "+Inf");
      return { labels: { ...labels, le }, value: count, suffix: "_bucket" };
    });
    return [
      ...buckets,
      { labels, value: this.#sum, suffix: "_sum" },
      { labels, value: count, suffix: "_count" },
    ];
  }
}
