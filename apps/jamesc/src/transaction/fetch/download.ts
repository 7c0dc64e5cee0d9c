import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { sizeOf } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import {
  type Coding,
  compressedPart,
  type Held,
  heldOf,
  NOTHING,
  removeCompressed,
} from "./compressed-part.ts";
import { decompressed } from "./decompressed.ts";
import { isMismatch, type Wanted } from "./fetched.ts";
import type { BlobContent, ContentSource } from "./remote.ts";
import { gathered, receiveSmall, writeFully, writeLarge } from "./write-blob.ts";

/** Takes a content, from its first byte on. @throws JamesError DIGEST_MISMATCH when it is something else */
export type Take = (content: AsyncIterable<Uint8Array>) => Promise<void>;

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
  const compressed = heldOf(wanted);
  const plain = sizeOf(wanted.part);
  const isPlain = compressed.coding === undefined && plain > 0;
  const held = isPlain ? { offset: Math.min(plain, wanted.size) } : compressed;
  const from = (start: Held): Promise<void> =>
    isPlain
      ? fetchPlain(wanted, start.offset, remote, signal)
      : fetchCompressed(wanted, start, remote, signal, take);
  try {
    await from(held);
  } catch (cause) {
    // A power cut may have spoiled what was held: only when all of it came now, the server is to blame.
    if (held.offset === 0 || !isMismatch(cause)) throw cause;
    await from(NOTHING);
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

/** Fetches a content in the form in which the server has it, from behind what is held of that. @throws JamesError as `verify` does */
async function fetchCompressed(
  wanted: Wanted,
  held: Held,
  remote: ContentSource,
  signal: AbortSignal,
  take: Take,
): Promise<void> {
  const start = held.offset;
  const ask = (): Promise<BlobContent> => remote.compressedBlob(wanted.digest, held, signal);
  // Behind what is held it is asked for when that is used up: a server does not wait for a slow device.
  const opened = start > 0 ? undefined : await ask();
  const coding = opened ? opened.coding : held.coding;
  // In another form there may be something from before.
  if (opened) removeCompressed(wanted);
  if (coding === undefined) return await take(await contentOf(opened ?? (await ask()), undefined));
  let isWhole = false;
  const rest = async (): Promise<AsyncIterable<Uint8Array>> =>
    bounded(await contentOf(opened ?? (await ask()), coding), start, wanted);
  const whole = kept(rest, compressedPart(wanted, coding), start, () => {
    isWhole = true;
  });
  try {
    await take(decompressed(whole, wanted, coding));
  } catch (cause) {
    if (cause instanceof OtherForm) {
      removeCompressed(wanted);
      return await fetchCompressed(wanted, NOTHING, remote, signal, take);
    }
    // What could be decompressed of it is of no use: it cannot be gone on with.
    await rm(wanted.part, { force: true });
    if (isWhole || isMismatch(cause)) removeCompressed(wanted);
    throw cause;
  }
  removeCompressed(wanted);
}

/**
 * Brotli has blocks without content (RFC 7932, section 9.2), and zstd frames without (RFC 8878, section 3.1.2), of which a
 * server could send as many as fill the disk. An honest one may send a little more than the content: it judges by the
 * beginning whether compressing pays. What does not compress stays as it is, with 4 bytes for every 16 KiB at most; four
 * times that is let through.
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

async function contentOf(
  { coding, content }: BlobContent,
  wanted: Coding | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  if (coding === wanted) return content;
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
