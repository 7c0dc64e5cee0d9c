import { on } from "node:events";
import type { Transform } from "node:stream";
import { constants, createBrotliDecompress, createZstdDecompress } from "node:zlib";
import { JamesError } from "@jamesd/model";
import type { Coding } from "./compressed-part.ts";
import type { Wanted } from "./fetched.ts";
import { SpentMemory } from "./spent-memory.ts";
import { PIECE_BYTES } from "./write-blob.ts";

/**
 * What comes out of the decompressor at once, at most. Each time it is a trip to another thread, which wakes up for it;
 * of what goes in at once, this much comes out as a rule.
 */
const OUTPUT_BYTES = 512 * 1024;
/** The least that Node lets it be. */
const LEAST_OUTPUT_BYTES = 64;

/** So much of what comes out a server may have it hold: twice what ours does. */
const MOST_WINDOW_BITS = 23;

/** So many outputs are made before they are asked for: who reads one waits for the disk as well. */
const OUTPUTS_AHEAD = 2;

/** Undoes what the server compressed with. A piece holds until as many bytes behind it are read as a piece that is written has. @throws JamesError DIGEST_MISMATCH when it is something else; what the content fails with */
export async function* decompressed(
  content: AsyncIterable<Uint8Array>,
  { digest, size }: Wanted,
  coding: Coding,
): AsyncGenerator<Uint8Array> {
  let failure: { readonly cause: unknown } | undefined;
  const decompressor = decompressorOf(coding, outputBytes(size));
  feed(decompressor, content).catch((cause: unknown) => {
    failure = { cause };
    decompressor.destroy();
  });
  try {
    const spent = new SpentMemory(PIECE_BYTES);
    for await (const piece of outputs(decompressor)) {
      yield piece;
      spent.add(piece);
    }
  } catch (cause) {
    throw new JamesError(
      "DIGEST_MISMATCH",
      `the content that came for blob ${digest} is not compressed as it says`,
      {
        cause,
      },
    );
  } finally {
    decompressor.destroy();
  }
  if (failure !== undefined) throw failure.cause;
}

function decompressorOf(coding: Coding, chunkSize: number): Transform {
  if (coding === "br") return createBrotliDecompress({ chunkSize });
  const params = { [constants.ZSTD_d_windowLogMax]: MOST_WINDOW_BITS };
  return createZstdDecompress({ chunkSize, params });
}

// Of a small content no more than it has, and one byte: what is filled to its end is followed by another one.
function outputBytes(size: number): number {
  return Math.max(LEAST_OUTPUT_BYTES, Math.min(OUTPUT_BYTES, size + 1));
}

/** As they come, and some ahead; not as a stream is read, which would copy into one what has come meanwhile. Ends when it is destroyed, too. */
async function* outputs(decompressor: Transform): AsyncGenerator<Uint8Array> {
  const ends = ["end", "close"];
  // Of what follows the end nobody hears, and an error that nobody hears ends the process.
  decompressor.on("error", () => undefined);
  const marks = { highWaterMark: OUTPUTS_AHEAD - 1, lowWaterMark: OUTPUTS_AHEAD };
  for await (const [piece] of on(decompressor, "data", { close: ends, ...marks })) yield piece as Uint8Array;
}

/** Gives it a content, as fast as it takes that; what comes next is gathered meanwhile. Ends when it is closed, too. */
async function feed(decompressor: Transform, content: AsyncIterable<Uint8Array>): Promise<void> {
  // What waits in it for a reader that has gone is taken by nobody, and nothing is said of that.
  let release: () => void = () => undefined;
  decompressor.once("close", () => release());
  let taken: Promise<void> | undefined;
  for await (const piece of content) {
    await taken;
    if (decompressor.destroyed) return;
    taken = new Promise((resolve) => {
      release = resolve;
      decompressor.write(piece, () => resolve());
    });
  }
  await taken;
  decompressor.end();
}
