import { indexFrom, PROGRESS, type Progress, type WaveCounts } from "@jamesd/model";

/** Of a device that counts no more: it is gone, or the rollout brings it nothing. */
const NOWHERE = PROGRESS.length;

/** Where a device is, since when it was not heard of, and when that alone makes a difference; times in milliseconds since the epoch. */
export interface Place {
  /** Undefined: it does not count. */
  readonly progress: Progress | undefined;
  readonly heard: number;
  /** Infinity: never. */
  readonly due: number;
}

/** Where each device of an open wave is, in columns; how many are where is kept and not counted again. */
export class WaveProgress {
  /** Sorted. */
  readonly ids: readonly string[];
  readonly #places: Uint8Array;
  readonly #heard: Float64Array;
  readonly #due: Float64Array;
  readonly #excused: Uint8Array;
  readonly #counts = { done: 0, busy: 0, failed: 0, silent: 0, unreached: 0 };

  /** All of them are nowhere at first. */
  constructor(ids: readonly string[]) {
    this.ids = ids;
    this.#places = new Uint8Array(ids.length).fill(NOWHERE);
    this.#heard = new Float64Array(ids.length);
    this.#due = new Float64Array(ids.length).fill(Number.POSITIVE_INFINITY);
    this.#excused = new Uint8Array(ids.length);
  }

  /** How many are where, of those that nobody excused. */
  get counts(): WaveCounts {
    return { ...this.#counts };
  }

  /** The index of a device; undefined: it is not in this wave. */
  find(id: string): number | undefined {
    const index = this.from(id);
    return this.ids[index] === id ? index : undefined;
  }

  /** The index of the first device from an id on; as many as there are: none. */
  from(id: string): number {
    return indexFrom(this.ids, id);
  }

  /** Where the device of an index is; undefined: it does not count. */
  progress(index: number): Progress | undefined {
    return PROGRESS[this.#places[index] ?? NOWHERE];
  }

  /** When it was heard of last, as far as was told. */
  heard(index: number): number {
    return this.#heard[index] ?? 0;
  }

  isExcused(index: number): boolean {
    return this.#excused[index] === 1;
  }

  /** A device is there from now on. */
  set(index: number, { progress, heard, due }: Place): void {
    this.#count(index, -1);
    this.#places[index] = progress === undefined ? NOWHERE : PROGRESS.indexOf(progress);
    this.#heard[index] = heard;
    this.#due[index] = due;
    this.#count(index, 1);
  }

  /** Whatever becomes of these devices, it counts no more. */
  excuse(ids: Iterable<string>): void {
    for (const id of ids) {
      const index = this.find(id);
      if (index === undefined || this.isExcused(index)) continue;
      this.#count(index, -1);
      this.#excused[index] = 1;
    }
  }

  /** The indices of those that time alone may have brought somewhere else by now. */
  *due(now: number): Generator<number> {
    for (let index = 0; index < this.#due.length; index += 1) if ((this.#due[index] ?? 0) <= now) yield index;
  }

  #count(index: number, by: 1 | -1): void {
    const progress = this.progress(index);
    if (progress !== undefined && !this.isExcused(index)) this.#counts[progress] += by;
  }
}
