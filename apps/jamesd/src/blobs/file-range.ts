import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ByteRange } from "./blob-store.ts";

/** Is read at once: each read is a trip to another thread and back, and whoever takes slowly has two of them held. */
const READ_BYTES = 128 * 1024;

/**
 * A file, or from its byte `start` to `end`, both included, to be read once: as a stream, whose every piece is memory of
 * its own, or by turns. It is closed at the end, and when it is destroyed.
 */
export class FileRange extends Readable {
  readonly #file: FileHandle;
  readonly #end: number;
  #at: number;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(file: FileHandle, { start = 0, end = Number.POSITIVE_INFINITY }: Partial<ByteRange> = {}) {
    super({ highWaterMark: READ_BYTES });
    this.#file = file;
    this.#at = start;
    this.#end = end;
  }

  /**
   * Reads all of it into two buffers: into one while the other is taken. Memory of their own for all pieces has V8 collect
   * the whole heap every ten megabytes, for it counts what lies outside of it as well.
   * @param take done with a piece when its promise resolves @throws what the system says, and what `take` does
   */
  async byTurns(take: (piece: Buffer) => Promise<void>): Promise<void> {
    const buffers: Buffer[] = [];
    let taken = Promise.resolve();
    try {
      for (let turn = 0; ; turn = 1 - turn) {
        const buffer = buffers[turn] ?? this.#buffer();
        buffers[turn] = buffer;
        const piece = await this.#fill(buffer);
        await taken;
        if (piece.length === 0) return;
        taken = take(piece);
        // Awaited when the next piece is there.
        taken.catch(() => undefined);
      }
    } finally {
      this.destroy();
    }
  }

  override _read(): void {
    this.#fill(this.#buffer()).then(
      (piece) => void this.push(piece.length > 0 ? piece : null),
      (cause: Error) => void this.destroy(cause),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // While it is read from, its number must not become another file's.
    this.#reading
      .catch(() => undefined)
      .then(() => this.#file.close())
      .then(() => done(error), done);
  }

  /** @returns what was read into a buffer; nothing at the end */
  async #fill(buffer: Buffer): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(buffer.length, this.#end + 1 - this.#at));
    if (wanted === 0) return buffer.subarray(0, 0);
    const reading = this.#file.read(buffer, 0, wanted, this.#at);
    this.#reading = reading;
    const { bytesRead } = await reading;
    this.#at += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  #buffer(): Buffer {
    return Buffer.allocUnsafeSlow(Math.max(1, Math.min(READ_BYTES, this.#end + 1 - this.#at)));
  }
}
