import { type Digest, Gate } from "@jamesd/model";
import { isFull } from "../blobs/durable.ts";
import { type Ahead, AheadReading, type AheadStores } from "./ahead-reading.ts";
import type { PacketRequest } from "./packet-request.ts";

/** Archives are read so many at a time, each in a thread of its own. */
const MAX_READING = 2;

export interface ReadingAheadOptions extends AheadStores {
  /** Deletes the blobs that no packet needs. */
  readonly collect: () => Promise<unknown>;
}

/**
 * Reads archives, and one while it comes: what is stored of that is there, or nearly, when a packet of it is asked for.
 * It is given up as soon as anything is unusual (it is refused, no more of it comes, others want its place), and read when
 * its packet is asked for, as one that was there before. Until then contents are stored, each under its own digest, which
 * no packet needs: a collection deletes them.
 */
export class ReadingAhead {
  readonly #options: ReadingAheadOptions;
  readonly #places = new Gate(MAX_READING);
  #reading: AheadReading | undefined;
  #isClosed = false;

  constructor(options: ReadingAheadOptions) {
    this.#options = options;
  }

  /** An archive is going to come; where it is known which, none is waited for that is being read. */
  expect(digest?: Digest): void {
    if (digest === undefined || this.#reading?.digest !== digest) this.#options.threads.expect();
  }

  /** Appends to an archive, as `Uploads.append`, and reads what is there. */
  async append(digest: Digest, offset: number, content: AsyncIterable<Uint8Array>): Promise<number> {
    const { uploads } = this.#options;
    this.expect(digest);
    try {
      return await uploads.append(digest, offset, this.#followed(digest, offset, content));
    } catch (thrown) {
      if (isFull(thrown) && this.#reading?.digest === digest) await this.#drop(this.#reading, true);
      throw thrown;
    }
  }

  /** Does what makes a packet of an archive that is there, when it is its turn, with what was read of it while it came. */
  async making<T>(request: PacketRequest, work: (ahead?: Ahead) => Promise<T>): Promise<T> {
    const ahead = this.#take(request);
    if (ahead) return await work(ahead).finally(() => ahead.end());
    if (!this.#places.isFree && this.#reading) void this.#drop(this.#reading);
    return await this.#places.run(() => work());
  }

  /** Gives up what no packet was asked for of, and ends the thread that waits for an archive. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#reading) await this.#drop(this.#reading);
    await this.#options.threads.close();
  }

  /** What is read of an archive, which is nobody else's from now on. */
  #take({ upload, setid = false }: PacketRequest): AheadReading | undefined {
    const reading = this.#reading;
    if (reading?.digest !== upload) return undefined;
    if (setid || reading.hasFailed) {
      void this.#drop(reading);
      return undefined;
    }
    this.#reading = undefined;
    reading.keep();
    return reading;
  }

  async *#followed(
    digest: Digest,
    offset: number,
    content: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    // What is read under this name is of a file that is there no more.
    if (offset === 0 && this.#reading?.digest === digest) void this.#drop(this.#reading);
    let end = offset;
    for await (const chunk of content) {
      yield chunk;
      // It was written.
      end += chunk.length;
      this.#readingOf(digest)?.come(end);
    }
  }

  /** What is read of this digest: begun now, where there is a place for it and no other is read. */
  #readingOf(digest: Digest): AheadReading | undefined {
    if (!this.#reading && !this.#isClosed && this.#places.isFree) {
      const reading: AheadReading = new AheadReading(digest, this.#options, () => void this.#drop(reading));
      void this.#places.run(() => reading.ended);
      this.#reading = reading;
    }
    return this.#reading?.digest === digest ? this.#reading : undefined;
  }

  async #drop(reading: AheadReading, isDiskFull = false): Promise<void> {
    const { collect, failed } = this.#options;
    if (this.#reading === reading) this.#reading = undefined;
    await reading.end();
    // What was stored of it goes as well: the database needs room to write in. A server that ends has no time for it.
    if ((isDiskFull || reading.hasFilledDisk) && !this.#isClosed) await collect().catch(failed);
  }
}
