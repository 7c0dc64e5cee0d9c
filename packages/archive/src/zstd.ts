import { pipeline } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import type { ByteReader } from "./byte-reader.ts";
import type { StreamCount } from "./meter.ts";
import { refusal } from "./refuse.ts";

const FRAME_MAGIC = 0xfd2fb528;
/** The first of the sixteen magic numbers of frames that hold no content (RFC 8878, 3.1.2). */
const SKIPPABLE_MAGIC = 0x184d2a50;
const RLE_BLOCK = 1;
const PIECE_BYTES = 2 ** 16;

/**
 * Undoes zstd (RFC 8878), also of several frames. node:zlib decodes one frame and then ignores what follows, so frames
 * are cut apart here by their block sizes, and each gets a decoder of its own.
 */
export async function* unzstd(
  reader: ByteReader,
  frames: StreamCount,
): AsyncGenerator<Uint8Array, void, undefined> {
  while (await reader.fill(1)) {
    frames.add();
    const magic = (await peek(reader, 4)).readUInt32LE();
    if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) await skipFrame(reader);
    else if (magic === FRAME_MAGIC) yield* decodeFrame(reader);
    else throw refusal("ARCHIVE_CORRUPT", "there is something after the end of the zstd data");
  }
}

async function* decodeFrame(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = createZstdDecompress();
  // The error reaches the loop below; the callback only keeps it from being thrown a second time.
  pipeline(framePieces(reader), decoder, () => {});
  try {
    yield* decoder;
  } catch (error) {
    throw zstdRefusal(error);
  }
}

/** The bytes of the frame that begins here, and no byte more. */
async function* framePieces(reader: ByteReader): AsyncGenerator<Buffer, void, undefined> {
  const descriptor = (await peek(reader, 5)).readUInt8(4);
  let size = frameHeaderSize(descriptor);
  let last = false;
  while (!last) {
    if (reader.ahead.length < size + 3) await peek(reader, size + 3);
    const header = reader.ahead.readUIntLE(size, 3);
    size += 3 + (((header >>> 1) & 3) === RLE_BLOCK ? 1 : header >>> 3);
    last = (header & 1) === 1;
    // Blocks may be as short as a byte or none: each by itself through the decoder would cost far more than it holds.
    if (size < PIECE_BYTES) continue;
    yield await take(reader, size);
    size = 0;
  }
  if (descriptor & 0b100) size += 4;
  yield await take(reader, size);
}

/** Magic, descriptor, window, dictionary and content size (RFC 8878, 3.1.1.1). */
function frameHeaderSize(descriptor: number): number {
  const singleSegment = (descriptor >>> 5) & 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [singleSegment, 2, 4, 8][descriptor >>> 6] ?? 0;
  return 4 + 1 + (1 - singleSegment) + dictionary + contentSize;
}

async function skipFrame(reader: ByteReader): Promise<void> {
  let left = (await take(reader, 8)).readUInt32LE(4);
  while (left > 0) left -= (await take(reader, Math.min(left, 2 ** 16))).length;
}

async function take(reader: ByteReader, size: number): Promise<Buffer> {
  await peek(reader, size);
  return reader.take(size);
}

async function peek(reader: ByteReader, size: number): Promise<Buffer> {
  if (await reader.fill(size)) return reader.ahead;
  throw refusal("ARCHIVE_TRUNCATED", "the zstd data ends too early");
}

function zstdRefusal(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ZSTD_error_frameParameter_windowTooLarge")
    return refusal(
      "ARCHIVE_TOO_LARGE",
      "the zstd window is too large",
      "Compress with --long=27 at most.",
      error,
    );
  if (!code.startsWith("ZSTD_") && !code.startsWith("Z_")) return error;
  return refusal(
    "ARCHIVE_CORRUPT",
    `the zstd data is damaged (${(error as Error).message})`,
    undefined,
    error,
  );
}
