/**
 * bzip2, with its checksums, and bounded in memory and time whatever the input. The decoders on npm do not do: the one
 * most used loops for ever on a crafted run length and keeps a decoded block, 46 MB at worst, as an array of numbers;
 * the others want the whole file at once.
 */
import { BitReader, OutOfBits } from "./bit-reader.ts";
import type { ByteReader } from "./byte-reader.ts";
import { decodeBlock, expandBlock } from "./bzip2-block.ts";
import type { StreamCount } from "./meter.ts";
import { refusal } from "./refuse.ts";

const BLOCK_MAGIC = "314159265359";
const END_MAGIC = "177245385090";
const LEVEL_BYTES = 100_000;

/** Undoes bzip2, also of several streams one after the other. */
export async function* bunzip2(
  reader: ByteReader,
  streams: StreamCount,
): AsyncGenerator<Uint8Array, void, undefined> {
  let table = new Uint32Array(0);
  do {
    streams.add();
    if (!(await reader.fill(4))) throw truncated();
    const level = /^BZh([1-9])$/.exec(reader.take(4).toString("latin1"))?.[1];
    if (level === undefined)
      throw refusal("ARCHIVE_CORRUPT", "there is something after the end of the bzip2 data");
    const size = Number(level) * LEVEL_BYTES;
    // One for all streams: to make one of 3.6 MB for each of many that hold nothing takes minutes.
    if (table.length < size) table = new Uint32Array(size);
    yield* decodeStream(reader, table.subarray(0, size));
  } while (await reader.fill(1));
}

async function* decodeStream(
  reader: ByteReader,
  table: Uint32Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  let skip = 0;
  let streamCrc = 0;
  for (;;) {
    const { value: section, position } = await parse(reader, skip, table.length, (bits) =>
      readSection(bits, table),
    );
    // A stream ends at a whole byte; only between blocks does a byte belong to both.
    skip = section.block === undefined ? 0 : position % 8;
    reader.take(section.block === undefined ? Math.ceil(position / 8) : Math.floor(position / 8));
    if (section.block === undefined) return expectCrc(section.crc, streamCrc);
    const crc = yield* expandBlock(table, section.block);
    expectCrc(section.crc, crc);
    streamCrc = (((streamCrc << 1) | (streamCrc >>> 31)) ^ crc) >>> 0;
  }
}

/** Parses from the bytes ahead; where they do not suffice, again from twice as many. */
async function parse<T>(
  reader: ByteReader,
  skip: number,
  guess: number,
  read: (bits: BitReader) => T,
): Promise<{ value: T; position: number }> {
  for (let size = guess; ; size *= 2) {
    const more = await reader.fill(size);
    const bits = new BitReader(reader.ahead, skip);
    try {
      return { value: read(bits), position: bits.position };
    } catch (error) {
      if (!(error instanceof OutOfBits)) throw error;
      if (!more) throw truncated();
    }
  }
}

type Section = { crc: number; block: ReturnType<typeof decodeBlock> | undefined };

function readSection(bits: BitReader, table: Uint32Array): Section {
  const magic = [bits.read(24), bits.read(24)].map((half) => half.toString(16).padStart(6, "0")).join("");
  const crc = bits.read32();
  if (magic === END_MAGIC) return { crc, block: undefined };
  if (magic === BLOCK_MAGIC) return { crc, block: decodeBlock(bits, table) };
  throw refusal("ARCHIVE_CORRUPT", "the bzip2 data is damaged (no block where one should be)");
}

function expectCrc(stored: number, computed: number): void {
  if (stored !== computed) throw refusal("ARCHIVE_CORRUPT", "the bzip2 data is damaged (wrong checksum)");
}

function truncated(): Error {
  return refusal("ARCHIVE_TRUNCATED", "the bzip2 data ends too early");
}
