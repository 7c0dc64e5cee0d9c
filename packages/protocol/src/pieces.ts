/** Bytes of an answer between the connection that they come over and who reads them. */
export interface Pieces {
  /** Where the next bytes are best read to; undefined: they are copied wherever they are. */
  readonly room: Buffer | undefined;
  /** True when one can be taken. */
  readonly hasPiece: boolean;
  /** True when no more should come for now; what comes all the same is taken. */
  readonly isFull: boolean;
  /** Takes bytes, which may be in the room. */
  add(bytes: Buffer): void;
  /** The next piece. @param isLast nothing more comes: what there is of a piece is one */
  take(isLast: boolean): Buffer | undefined;
  /** Forgets what nobody has read. */
  drop(): void;
}

/** So much waits for who reads it, before no more is read; of a server that sends byte by byte, so many pieces. */
const MOST_WAITING = 64 * 1024;
const MOST_PIECES = 64;

/** Pieces as they come, which belong to who reads them. */
export class OwnPieces implements Pieces {
  readonly room = undefined;
  #waiting: Buffer[] = [];
  #bytes = 0;

  get hasPiece(): boolean {
    return this.#waiting.length > 0;
  }

  get isFull(): boolean {
    return this.#bytes >= MOST_WAITING || this.#waiting.length >= MOST_PIECES;
  }

  add(bytes: Buffer): void {
    this.#waiting.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
  }

  take(): Buffer | undefined {
    const piece = this.#waiting.shift();
    this.#bytes -= piece?.length ?? 0;
    return piece;
  }

  drop(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }
}

/**
 * Pieces of one size, in buffers that are used by turns: one holds until the next but one is asked for. What comes is read
 * to where it stays.
 */
export class TurnPieces implements Pieces {
  readonly #spare: SpareBuffers;
  #waiting: Buffer[] = [];
  #filling: Buffer | undefined;
  #filled = 0;
  /** With who reads them, the older one first. */
  #given: Buffer[] = [];

  constructor(spare: SpareBuffers) {
    this.#spare = spare;
  }

  get room(): Buffer {
    this.#filling ??= this.#spare.take();
    return this.#filling.subarray(this.#filled);
  }

  get hasPiece(): boolean {
    return this.#waiting.length > 0;
  }

  get isFull(): boolean {
    return this.hasPiece;
  }

  add(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const { room } = this;
      const taken = bytes.subarray(done, done + room.length);
      // Behind what an answer says of the length of a piece they are moved up to what came before.
      if (!isSame(taken, room)) room.set(taken);
      done += taken.length;
      this.#filled += taken.length;
      if (taken.length === room.length) this.#close();
    }
  }

  take(isLast: boolean): Buffer | undefined {
    if (this.#given.length === 2) this.#spare.giveBack(this.#given.shift());
    if (isLast && this.#waiting.length === 0 && this.#filled > 0) this.#close();
    const piece = this.#waiting.shift();
    if (piece) this.#given.push(piece);
    return piece;
  }

  drop(): void {
    this.#waiting = [];
    [this.#filling, this.#filled] = [undefined, 0];
  }

  #close(): void {
    if (this.#filling) this.#waiting.push(this.#filling.subarray(0, this.#filled));
    [this.#filling, this.#filled] = [undefined, 0];
  }
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.buffer === other.buffer && one.byteOffset === other.byteOffset;
}

/** Buffers of one size that nobody uses now: of one download after the other, until the collector wants them. */
export class SpareBuffers {
  readonly #size: number;
  #spare: WeakRef<Buffer[]> | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  /** A buffer with whatever is in it. */
  take(): Buffer {
    return this.#spare?.deref()?.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  /** Takes a buffer back, or what was given of it. */
  giveBack(piece: Buffer | undefined): void {
    if (piece?.buffer.byteLength !== this.#size) return;
    const spare = this.#spare?.deref() ?? [];
    spare.push(Buffer.from(piece.buffer));
    this.#spare = new WeakRef(spare);
  }
}
