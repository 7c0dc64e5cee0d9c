import { type FileHandle, open } from "node:fs/promises";
import { pipeline, Readable, type Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createZstdCompress,
  createZstdDecompress,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
} from "node:zlib";
import type { Digest } from "@jamesd/model";
import type { BlobForm } from "./blob-files.ts";
import { type ByteRange, oneChunk } from "./blob-store.ts";
import { FileRange } from "./file-range.ts";
import { inBlocks } from "./in-blocks.ts";
import { joined } from "./joined.ts";
import { NamedContent } from "./named-content.ts";

/** What a compressed file begins with: the length of its content, 8 bytes, the least significant first. */
export const HEADER_BYTES = 8;

/** Contents up to this size stay as they are: they travel in bundles, and a file system gives them a few blocks in any case. */
export const MIN_BYTES = 64 * 1024;

/** How a compressed blob is compressed: as devices get it, or as it came, which takes a tenth of the time. */
export type Packing = Exclude<BlobForm, "plain">;

/** As good as 5 gets programs to a third, at 50 MB/s; 6 and more cost much for little. */
const QUALITY = 5;
/** Takes a third longer than brotli at that quality, for a hundredth less; it is undone in less than half the time. */
const LEVEL = 9;
/** Zstd at its fastest that is no faster for less: 350 MB/s. Who waits for it is somebody who uploads. */
const HURRIED_LEVEL = 1;
/** What a device holds of the content while it decompresses. */
const WINDOW_BITS = 22;
/** So much is looked at together: a tenth less time than with the 64 KiB that are usual, for 0.3 % more bytes. */
const INPUT_BLOCK_BITS = 20;
/** A tenth less is worth it. */
const MAX_SHARE = 0.9;

/** By so much of its beginning a content is judged, however it is cut into chunks: two threads must not disagree. */
const SAMPLE_BYTES = 256 * 1024;
/** Of which so many parts are looked at, as far from each other as can be: of 5,400 files hardly one is judged otherwise by all of it. */
const SAMPLE_PARTS = 4;
const SAMPLE_PART_BYTES = 16 * 1024;
/** Goes through the compressor at once, while the next is made: it is idle until who makes that gives it. */
const BLOCK_BYTES = 2 ** 21;
/** So much may wait for the compressor: it must not wait for who makes it. */
const AHEAD_BYTES = 2 ** 22;
/** What the compressor gives out at once: as much as becomes of a block, or it waits in between. */
const OUTPUT_BYTES = 2 ** 20;
/** What comes out at once of what lies under zstd, to be compressed again as a rule. */
const ZSTD_OUTPUT_BYTES = 2 ** 19;
/** A size above which its hint changes nothing. */
const LARGEST_HINT = 2 ** 30;

const zstdWhole = promisify<Uint8Array, ZstdOptions, Uint8Array>(zstdCompress);

/** How a content is going to lie there, judged by its beginning: compressed where that pays. */
export function formFor(head: readonly Uint8Array[], isHurried = false): BlobForm {
  if (!paysToCompress(head)) return "plain";
  return isHurried ? "hurried" : "zstd";
}

/** True when compressing a content pays, judged by its beginning. */
export function paysToCompress(head: readonly Uint8Array[]): boolean {
  const beginning = joined(head).subarray(0, SAMPLE_BYTES);
  if (beginning.length <= MIN_BYTES) return false;
  const step = Math.floor((beginning.length - SAMPLE_PART_BYTES) / (SAMPLE_PARTS - 1));
  const parts = Array.from({ length: SAMPLE_PARTS }, (_, n) =>
    beginning.subarray(n * step, n * step + SAMPLE_PART_BYTES),
  );
  const sample = Buffer.concat(parts);
  const params = { [constants.ZSTD_c_compressionLevel]: HURRIED_LEVEL };
  return zstdCompressSync(sample, { params }).length < MAX_SHARE * sample.length;
}

/** A content, compressed as it comes. @param size how long it is going to be, as far as known: then it takes less time and room */
export function compress(
  content: AsyncIterable<Uint8Array>,
  packing: Packing,
  size = 0,
): AsyncIterable<Uint8Array> {
  const compressor = compressorFor(packing, size);
  const blocks = Readable.from(inBlocks(content, BLOCK_BYTES), {
    objectMode: false,
    highWaterMark: AHEAD_BYTES,
  });
  // What goes wrong comes out of the compressor.
  pipeline(blocks, compressor, () => undefined);
  return compressor;
}

/** A content that is in memory, compressed. For devices by the same way as any other: they always get the same bytes. */
export async function compressWhole(bytes: Uint8Array, packing: Packing): Promise<Uint8Array> {
  if (packing === "hurried") return await zstdWhole(bytes, hurriedOptions(bytes.length));
  return await buffer(compress(oneChunk(bytes), packing, bytes.length));
}

function compressorFor(packing: Packing, size: number): Transform {
  if (packing === "brotli") return brotliCompressor(size);
  return createZstdCompress(packing === "hurried" ? hurriedOptions(size) : DEVICE_OPTIONS);
}

// Not by the size, which who puts it does not always know: of one content these are always the same bytes.
const DEVICE_OPTIONS: ZstdOptions = {
  params: {
    [constants.ZSTD_c_compressionLevel]: LEVEL,
    [constants.ZSTD_c_windowLog]: WINDOW_BITS,
  },
  chunkSize: OUTPUT_BYTES,
};

function brotliCompressor(size: number): Transform {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
    [constants.BROTLI_PARAM_LGBLOCK]: INPUT_BLOCK_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: Math.min(size, LARGEST_HINT),
  };
  return createBrotliCompress({ params, chunkSize: OUTPUT_BYTES });
}

function hurriedOptions(size: number): ZstdOptions {
  const params = { [constants.ZSTD_c_compressionLevel]: HURRIED_LEVEL };
  // Of what is small, not much comes out: memory that is not used would have to be made as well.
  const chunkSize = size > 0 && size < OUTPUT_BYTES ? Math.max(size, 1024) : OUTPUT_BYTES;
  return { params, chunkSize };
}

/** Writes the header of a file whose content has this length. */
export async function writeHeader(file: FileHandle, size: number): Promise<void> {
  await file.write(headerOf(size), 0, HEADER_BYTES, 0);
}

/** The header of a file whose content has this length. */
export function headerOf(size: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeBigUInt64LE(BigInt(size));
  return header;
}

/** The length of a compressed file's content. @throws when there is no such file, or it is too short */
export async function contentSize(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    await file.read(header, 0, HEADER_BYTES, 0);
    return Number(header.readBigUInt64LE());
  } finally {
    await file.close();
  }
}

/** A file with a compressed content. */
export interface CompressedFile {
  readonly path: string;
  readonly packing: Packing;
}

/** The digest of a compressed file's content; undefined when it holds none, or one of another length than it says. */
export async function nameOfCompressed({ path, packing }: CompressedFile): Promise<Digest | undefined> {
  const content = new NamedContent(decompress(await open(path, "r"), packing));
  try {
    for await (const _ of content.read());
    const { digest, size } = content.name();
    return size === (await contentSize(path)) ? digest : undefined;
  } catch (thrown) {
    // An error of the disk, and not one of decompressing.
    if ((thrown as NodeJS.ErrnoException).syscall !== undefined) throw thrown;
    return undefined;
  }
}

/** The content of a compressed file, or a part of it, for which what comes before has to be decompressed too. */
export function decompress(file: FileHandle, packing: Packing, range?: ByteRange): Readable {
  const decompressor =
    packing === "brotli" ? createBrotliDecompress() : createZstdDecompress({ chunkSize: ZSTD_OUTPUT_BYTES });
  pipeline(new FileRange(file, { start: HEADER_BYTES }), decompressor, () => undefined);
  if (!range) return decompressor;
  const part = Readable.from(within(decompressor, range), { objectMode: false });
  // Also when it is ended before anybody has read of it.
  return part.once("close", () => decompressor.destroy());
}

async function* within(
  content: AsyncIterable<Uint8Array>,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of content) {
    const wanted = chunk.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    if (wanted.length > 0) yield wanted;
    at += chunk.length;
    if (at > end) return;
  }
}
