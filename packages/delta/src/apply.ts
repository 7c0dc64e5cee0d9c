import { type DeltaSource, invalidDelta } from "./format.ts";
import { openDelta, type Streams } from "./open-delta.ts";
import type { StreamReader } from "./stream-reader.ts";

/** What a delta is applied to: bytes that can be read anywhere, such as those of a file. */
export interface DeltaBase {
  readonly size: number;
  /** Fills `into` with the bytes from a position on; only asked for what is there. */
  read(position: number, into: Uint8Array): void;
}

const PIECE_BYTES = 64 * 1024;

/**
 * The target of a delta, in pieces of at most 64 KiB, in constant memory. The caller verifies what comes: of base and
 * target a delta knows only how long the target is.
 * @throws JamesError DELTA_INVALID when it is none, reaches beyond the base, gives more than `maxSize` bytes or not what it says
 */
export async function* applyDelta(
  delta: DeltaSource,
  base: DeltaBase,
  maxSize: number,
): AsyncGenerator<Uint8Array> {
  const { targetSize, streams } = await openDelta(delta);
  try {
    if (targetSize > maxSize) throw invalidDelta("it gives too much");
    yield* new Application(base, targetSize, streams).run();
  } finally {
    for (const stream of streams) stream.close();
  }
}

class Application {
  readonly #base: DeltaBase;
  readonly #control: StreamReader;
  readonly #runs: StreamReader;
  readonly #differences: StreamReader;
  readonly #literals: StreamReader;
  /** Bytes that the target still lacks. */
  #lacking: number;
  /** Bytes left of the present run. */
  #run = 0;
  /** True in a run of bytes that equal the base's, false in one of others, undefined before the first. */
  #isEqual: boolean | undefined;

  constructor(base: DeltaBase, targetSize: number, streams: Streams) {
    this.#base = base;
    this.#lacking = targetSize;
    [this.#control, this.#runs, this.#differences, this.#literals] = streams;
  }

  async *run(): AsyncGenerator<Uint8Array> {
    let expected = 0;
    for (await this.#control.ready(); !this.#control.isAtEnd; await this.#control.ready()) {
      const [copied, added] = [this.#control.number(), this.#control.number()];
      await this.#control.ready();
      const from = expected + this.#control.signed();
      if (copied + added === 0) throw invalidDelta("a stretch is empty");
      if (copied + added > this.#lacking) throw invalidDelta("it gives too much");
      if (from < 0 || from + copied > this.#base.size) throw invalidDelta("it reaches beyond the base");
      expected = from + copied;
      this.#lacking -= copied + added;
      yield* this.#copy(from, copied);
      yield* this.#add(added);
    }
    if (this.#lacking > 0) throw invalidDelta("it gives too little");
  }

  async *#copy(from: number, length: number): AsyncGenerator<Uint8Array> {
    for (let done = 0; done < length; done += PIECE_BYTES) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, length - done));
      this.#base.read(from + done, piece);
      await this.#change(piece);
      yield piece;
    }
  }

  /** Adds the differences to a piece of the base. */
  async #change(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      while (this.#run === 0) {
        if (!this.#runs.isReady) await this.#runs.ready();
        this.#run = this.#runs.number();
        // Only the first one may be empty: others would be work without end for nothing.
        if (this.#run === 0 && this.#isEqual !== undefined) throw invalidDelta("a run is empty");
        this.#isEqual = !this.#isEqual;
      }
      const length = Math.min(this.#run, piece.length - at);
      if (!this.#isEqual) await this.#addTo(piece, at, length);
      at += length;
      this.#run -= length;
    }
  }

  async #addTo(piece: Uint8Array, from: number, length: number): Promise<void> {
    for (let at = from; at < from + length; ) {
      const differences = await this.#differences.bytes(from + length - at);
      for (const difference of differences) {
        piece[at] = (piece[at] as number) + difference;
        at += 1;
      }
    }
  }

  async *#add(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const literal = await this.#literals.bytes(Math.min(left, PIECE_BYTES));
      left -= literal.length;
      yield literal;
    }
  }
}
