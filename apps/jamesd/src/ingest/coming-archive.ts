import { read } from "node:fs";
import { promisify } from "node:util";

const readAt = promisify(read);

/** So much of an archive is read at once. */
const READ_BYTES = 512 * 1024;

/** An open archive of which more may be on its way, read from its first byte to its last. */
export class ComingArchive {
  readonly #file: number;
  #bytes = 0;
  #isWhole = false;
  #news = Promise.withResolvers<void>();

  constructor(file: number) {
    this.#file = file;
  }

  /** So many bytes of it are there. */
  come(bytes: number): void {
    this.#bytes = Math.max(this.#bytes, bytes);
    this.#tell();
  }

  /** No more comes: it has so many bytes, or as many as the file. */
  end(bytes = Number.POSITIVE_INFINITY): void {
    this.#bytes = bytes;
    this.#isWhole = true;
    this.#tell();
  }

  /** Waits for what is not there yet. Whoever stops reading leaves no read of the file behind: another one may get its number. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; ) {
      const length = Math.min(READ_BYTES, this.#bytes - at);
      if (length > 0) {
        const { bytesRead, buffer } = await readAt(this.#file, Buffer.allocUnsafeSlow(length), 0, length, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (this.#isWhole) return;
      else await this.#news.promise;
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
