import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { FileRange } from "../blobs/file-range.ts";
import type { DownloadSlots } from "./download-slots.ts";
import { JSON_TYPE, Reply, UNCACHED } from "./reply.ts";
import type { ReplyMemory } from "./reply-memory.ts";
import { sendFile } from "./send-file.ts";

/** Where an answer goes. */
export interface Recipient {
  readonly who: string;
  readonly reply: FastifyReply;
  /** Aborts when the other side has gone. */
  readonly signal: AbortSignal;
  /** It has a slot of its downloads for the answer already. */
  readonly hasSlot: boolean;
  /** Nothing has been changed that the answer tells of, so that it may be refused when there is no room for it. */
  readonly mayBeRefused: boolean;
  /** It may have waited long. @throws JamesError what refuses who has not been let in any more since */
  readonly requireStillIn: () => void;
}

/** What bounds what is being sent. */
export interface Sending {
  readonly downloads: DownloadSlots;
  readonly memory: ReplyMemory;
}

/** Answers up to this size are handed over at once: a connection takes so much into its buffers in any case. */
const SHORT_BYTES = 64 * 1024;

/**
 * Sends an answer of any kind by one rule: what is long has a slot, and goes out as fast as it is taken, piece by piece;
 * what was opened or is held for it ends with it. For HEAD nothing is opened.
 */
export async function send(to: Recipient, answer: unknown, sending: Sending): Promise<unknown> {
  // The signal is made when somebody asks for it.
  const { reply } = to;
  if (to.mayBeRefused) requireStillIn(to, answer);
  if (answer === undefined) return reply.code(204).send();
  const { status, headers, content, release } = answer instanceof Reply ? answer : json(to, answer, sending);
  if (release) whenOver(to, release);
  const isHead = reply.request.method === "HEAD";
  const opened = typeof content !== "function" ? content : isHead ? undefined : await content();
  if (opened instanceof Readable) {
    // Nobody would end it: the response that it ends with is over.
    if (to.signal.aborted) opened.destroy();
    if (opened instanceof FileRange) return sendFile(reply, { status, headers }, opened);
    return reply.code(status).headers(headers).send(opened);
  }
  const inPieces = !isHead && opened instanceof Uint8Array && opened.length > SHORT_BYTES;
  if (inPieces && !to.hasSlot && to.mayBeRefused) {
    // A manifest, which is there once for all; what is held for it alone counts already.
    if (answer instanceof Reply) whenOver(to, sending.memory.takeShared(to.who, opened.length));
    whenOver(to, await sending.downloads.take(to.who, to.signal));
  }
  reply.code(status).headers(headers);
  if (opened !== undefined) reply.header("content-length", String(Buffer.byteLength(opened)));
  if (inPieces) return reply.send(Readable.from(pieces(opened), { objectMode: false }));
  return reply.send(isHead ? undefined : opened);
}

/** Of what has begun to go out the rest goes out as well: this is before it. */
function requireStillIn(to: Recipient, answer: unknown): void {
  try {
    to.requireStillIn();
  } catch (refusal) {
    if (answer instanceof Reply) answer.release?.();
    throw refusal;
  }
}

/** Has something done when the answer has gone out, or nobody is there for it any more. */
export function whenOver({ reply, signal }: Pick<Recipient, "reply" | "signal">, done: () => void): void {
  if (signal.aborted) done();
  else reply.raw.once("close", done);
}

// A connection makes a copy of whatever it is given, to encrypt it.
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SHORT_BYTES) yield bytes.subarray(at, at + SHORT_BYTES);
}

function json({ who, mayBeRefused }: Recipient, value: unknown, { memory }: Sending): Reply {
  const text = JSON.stringify(value);
  const headers = { ...UNCACHED, ...JSON_TYPE };
  if (text.length <= SHORT_BYTES) return new Reply(200, headers, text);
  const bytes = Buffer.from(text);
  return new Reply(200, headers, bytes, mayBeRefused ? memory.take(who, bytes.length) : undefined);
}
