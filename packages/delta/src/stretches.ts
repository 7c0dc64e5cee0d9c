import { BaseIndex } from "./base-index.ts";

/** A stretch of the target: `copied` bytes that are much like those of the base at `from`, then `added` bytes that are new. */
export interface Stretch {
  readonly from: number;
  readonly copied: number;
  readonly added: number;
}

/** How many places with the same hash are tried. */
const MAX_TRIED = 12;
/** Another place must bring so many bytes more than going on where we are, as in bsdiff. */
const MIN_GAIN = 8;
/** A run of equal bytes that is so long is taken without looking elsewhere. */
const SURE_RUN = 32;

/** A place in the base and the bytes from there on that equal the target's. */
interface Match {
  readonly from: number;
  readonly length: number;
}

/**
 * Cuts the target into stretches of the base, as bsdiff does (C. Percival, "Naive differences of executable code",
 * 2003): a stretch goes on through bytes that differ, such as addresses in moved code, as long as most agree. Matches
 * are found by hash and not by suffix array, which costs a quarter of the memory and an eighth of the time.
 */
export function stretches(base: Uint8Array, target: Uint8Array): readonly Stretch[] {
  return new Stretches(base, target).find();
}

class Stretches {
  readonly #base: Uint8Array;
  readonly #target: Uint8Array;
  readonly #index: BaseIndex;
  readonly #candidates = new Int32Array(MAX_TRIED);

  constructor(base: Uint8Array, target: Uint8Array) {
    this.#base = base;
    this.#target = target;
    this.#index = new BaseIndex(base);
  }

  find(): readonly Stretch[] {
    const found: Stretch[] = [];
    let [start, from, scan] = [0, 0, 0];
    for (;;) {
      const { position, match } = this.#nextMatch(scan, from - start);
      let forward = this.#forward(start, from, position);
      let backward = match ? this.#backward(start, match.from, position) : 0;
      const overlap = start + forward - (position - backward);
      if (match && overlap > 0) {
        const kept = this.#divide(start + forward - overlap, from - start, match.from - position, overlap);
        forward += kept - overlap;
        backward -= kept;
      }
      const added = position - backward - start - forward;
      if (forward + added > 0) found.push({ from, copied: forward, added });
      if (!match) return found;
      start = position - backward;
      from = match.from - backward;
      scan = position + match.length;
    }
  }

  /** The first position of the target where another place is better than going on at `offset`; its end when there is none. */
  #nextMatch(scan: number, offset: number): { position: number; match?: Match } {
    const end = this.#target.length;
    let position = scan;
    while (position < end) {
      const run = this.#run(position + offset, position);
      if (run >= SURE_RUN || position + run === end) {
        position += run;
        continue;
      }
      const match = this.#longest(position, run);
      if (match && match.length > this.#score(position, offset, match.length) + MIN_GAIN)
        return { position, match };
      position += 1;
    }
    return { position: end };
  }

  /** The place with the most bytes that equal the target's from a position on, and more than `least`. */
  #longest(position: number, least: number): Match | undefined {
    const { window } = this.#index;
    if (position + window > this.#target.length) return undefined;
    let [from, length] = [-1, Math.max(least, window - 1)];
    const count = this.#index.candidates(this.#target, position, MAX_TRIED, this.#candidates);
    for (let i = 0; i < count; i += 1) {
      const at = this.#candidates[i] as number;
      if (position + length === this.#target.length) break;
      // It cannot be longer than the best one.
      if (this.#base[at + length] !== this.#target[position + length]) continue;
      const run = this.#run(at, position);
      if (run > length) [from, length] = [at, run];
    }
    return from < 0 ? undefined : { from, length };
  }

  /** How many bytes are equal from these positions on. */
  #run(from: number, position: number): number {
    const [base, target] = [this.#base, this.#target];
    if (from < 0) return 0;
    const most = Math.min(base.length - from, target.length - position);
    let length = 0;
    while (length < most && base[from + length] === target[position + length]) length += 1;
    return length;
  }

  /** How many of `length` bytes agree when we go on at the offset. */
  #score(position: number, offset: number, length: number): number {
    let score = 0;
    for (let at = position; at < position + length; at += 1)
      if (this.#base[at + offset] === this.#target[at]) score += 1;
    return score;
  }

  /** How far the stretch from `start` is worth going on, up to `limit`: most bytes agree. */
  #forward(start: number, from: number, limit: number): number {
    const most = Math.min(limit - start, this.#base.length - from);
    let [agree, best, length] = [0, 0, 0];
    for (let i = 0; i < most; i += 1) {
      if (this.#base[from + i] === this.#target[start + i]) agree += 1;
      if (2 * agree - (i + 1) > best) [best, length] = [2 * agree - (i + 1), i + 1];
    }
    return length;
  }

  /** How far before its position a match is worth beginning. */
  #backward(start: number, from: number, position: number): number {
    const most = Math.min(position - start, from);
    let [agree, best, length] = [0, 0, 0];
    for (let i = 1; i <= most; i += 1) {
      if (this.#base[from - i] === this.#target[position - i]) agree += 1;
      if (2 * agree - i > best) [best, length] = [2 * agree - i, i];
    }
    return length;
  }

  /** Of bytes that two stretches want, how many the first one takes. */
  #divide(position: number, first: number, second: number, overlap: number): number {
    let [balance, best, kept] = [0, 0, 0];
    for (let i = 0; i < overlap; i += 1) {
      const byte = this.#target[position + i];
      if (this.#base[position + i + first] === byte) balance += 1;
      if (this.#base[position + i + second] === byte) balance -= 1;
      if (balance > best) [best, kept] = [balance, i + 1];
    }
    return kept;
  }
}
