import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { type BrotliDecompress, createBrotliDecompress } from "node:zlib";
import { sizeOf } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { PART } from "../disk/layout.ts";
import { isMismatch, type Wanted } from "./fetched.ts";
import type { BlobContent, ContentSource } from "./remote.ts";
import { SpentMemory } from "./spent-memory.ts";
import { gathered, PIECE_BYTES, receiveSmall, writeFully, writeLarge } from "./write-blob.ts";

/** What comes out of the decompressor at once: what glibc, as the launcher has it, does not get from the system anew each time. */
const OUTPUT_BYTES = 120 * 1024;

/** Takes a content, from its first byte on. @throws JamesError DIGEST_MISMATCH when it is something else */
export type Take = (content: AsyncIterable<Uint8Array>) => Promise<void>;

/** What came of a content in compressed form. */
export function compressedPart({ file }: Pick<Wanted, "file">): string {
  return `${file}.br${PART}`;
}

/** Fetches a small content by a request of its own. @throws JamesError as `verify` does */
export async function fetchSmall(wanted: Wanted, remote: ContentSource, signal: AbortSignal): Promise<void> {
  await receiveSmall(await remote.blob(wanted.digest, 0, signal), wanted);
}

/**
 * Fetches a content, compressed if the server has it so. What a cut download brought is kept in the form in which it
 * came, and gone on with. @throws JamesError as `verify` does
 */
export async function fetchLarge(
  wanted: Wanted,
  remote: ContentSource,
  signal: AbortSignal,
  take: Take = (content) => writeLarge(() => content, 0, wanted),
): Promise<void> {
  const [compressed, plain] = [sizeOf(compressedPart(wanted)), sizeOf(wanted.part)];
  const isPlain = compressed === 0 && plain > 0;
  // Of the compressed form the length is not known: from its last byte on there is always something to ask for.
  const held = isPlain ? Math.min(plain, wanted.size) : Math.max(0, compressed - 1);
  const from = (start: number): Promise<void> =>
    isPlain
      ? fetchPlain(wanted, start, remote, signal)
      : fetchCompressed(wanted, start, remote, signal, take);
  try {
    await from(held);
  } catch (cause) {
    // A power cut may have spoiled what was held: only when all of it came now, the server is to blame.
    if (held === 0 || !isMismatch(cause)) throw cause;
    await from(0);
  }
}

async function fetchPlain(
  wanted: Wanted,
  start: number,
  remote: ContentSource,
  signal: AbortSignal,
): Promise<void> {
  const isWhole = start === wanted.size && start > 0;
  await writeLarge(() => (isWhole ? [] : remote.blob(wanted.digest, start, signal)), start, wanted);
}

/** Fetches a content in the form in which the server has it, from byte `start` of the compressed form on. @throws JamesError as `verify` does */
async function fetchCompressed(
  wanted: Wanted,
  start: number,
  remote: ContentSource,
  signal: AbortSignal,
  take: Take,
): Promise<void> {
  const part = compressedPart(wanted);
  const ask = (): Promise<BlobContent> => remote.compressedBlob(wanted.digest, start, signal);
  // Behind what is held it is asked for when that is used up: a server does not wait for a slow device.
  const opened = start > 0 ? undefined : await ask();
  if (opened?.isCompressed === false) {
    await rm(part, { force: true });
    return await take(opened.content);
  }
  let isWhole = false;
  const rest = async (): Promise<AsyncIterable<Uint8Array>> =>
    bounded(await compressedOnly(opened ?? (await ask())), start, wanted);
  const whole = kept(rest, part, start, () => {
    isWhole = true;
  });
  try {
    await take(decompressed(whole, wanted));
  } catch (cause) {
    if (cause instanceof OtherForm) {
      await rm(part, { force: true });
      return await fetchCompressed(wanted, 0, remote, signal, take);
    }
    // What could be decompressed of it is of no use: it cannot be gone on with.
    await rm(wanted.part, { force: true });
    if (isWhole || isMismatch(cause)) await rm(part, { force: true });
    throw cause;
  }
  await rm(part, { force: true });
}

/**
 * Brotli has blocks without content (RFC 7932, section 9.2), of which a server could send as many as fill the disk. An
 * honest one may send a little more than the content: it judges by the beginning whether compressing pays. What does not
 * compress stays as it is, with 4 bytes for every 16 KiB at most; four times that is let through.
 */
async function* bounded(
  content: AsyncIterable<Uint8Array>,
  start: number,
  { digest, size }: Wanted,
): AsyncGenerator<Uint8Array> {
  let left = size + Math.ceil(size / 1024) + 1024 - start;
  for await (const chunk of content) {
    left -= chunk.length;
    if (left < 0)
      throw new JamesError(
        "DIGEST_MISMATCH",
        `the content that came for blob ${digest} is longer compressed than it could be`,
      );
    yield chunk;
  }
}

/** The server has the content in another form than that of which something is held. */
class OtherForm extends Error {}

async function compressedOnly({ isCompressed, content }: BlobContent): Promise<AsyncIterable<Uint8Array>> {
  if (isCompressed) return content;
  // Begun and left, or its connection would stay open.
  for await (const _ of content) break;
  throw new OtherForm();
}

/** What is held of a stream and then what comes after it, which is kept too; `ended` is told of its end. */
async function* kept(
  rest: () => Promise<AsyncIterable<Uint8Array>>,
  part: string,
  start: number,
  ended: () => void,
): AsyncGenerator<Uint8Array> {
  if (start > 0) yield* createReadStream(part, { end: start - 1 });
  const content = await rest();
  const file = await open(part, start > 0 ? "r+" : "w", 0o600);
  let writing: Promise<void> | undefined;
  try {
    let at = start;
    for await (const piece of gathered(content)) {
      writing = writeFully(file, [piece], at);
      // Awaited below, or when the reader leaves.
      writing.catch(() => undefined);
      at += piece.length;
      yield piece;
      await writing;
    }
    ended();
  } finally {
    await writing?.catch(() => undefined);
    await file.close();
  }
}

async function* decompressed(
  content: AsyncIterable<Uint8Array>,
  { digest }: Wanted,
): AsyncGenerator<Uint8Array> {
  let failure: { readonly cause: unknown } | undefined;
  const decompressor = createBrotliDecompress({ chunkSize: OUTPUT_BYTES });
  feed(decompressor, content).catch((cause: unknown) => {
    failure = { cause };
    decompressor.destroy();
  });
  try {
    const spent = new SpentMemory(PIECE_BYTES);
    for await (const piece of decompressor) {
      yield piece;
      spent.add(piece);
    }
  } catch (cause) {
    if (failure !== undefined) throw failure.cause;
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
}

/** Gives it a content, as fast as it takes that; what comes next is gathered meanwhile. Ends when it is closed, too. */
async function feed(decompressor: BrotliDecompress, content: AsyncIterable<Uint8Array>): Promise<void> {
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
