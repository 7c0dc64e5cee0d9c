import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { counted, type OnBytes, unreadable } from "@jamesd/carry";
import { type Digest, JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import type { LocalFile } from "../files/local-file.ts";

/** An archive to be sent, known by its content. */
export interface Upload {
  readonly digest: Digest;
  readonly size: number;
  /** The bytes from `start` on; the same ones each time. */
  open(start: number): Readable;
}

// A connection that breaks this often without a byte of progress will not get better by itself.
const MAX_FRUITLESS = 5;
const FIRST_PAUSE_MS = 500;

/** A file as an archive to be sent. */
export function fileUpload(file: LocalFile): Upload {
  const { digest, size } = file;
  return { digest, size, open: (start) => Readable.from(readFrom(file, start)) };
}

async function* readFrom({ path, size }: LocalFile, start: number): AsyncGenerator<Uint8Array> {
  try {
    // `end`: a file that grew meanwhile must not send more than was announced.
    yield* createReadStream(path, { start, end: size - 1, highWaterMark: 1 << 18 });
  } catch (cause) {
    throw isFileError(cause) ? unreadable(path, cause) : cause;
  }
}

/**
 * Brings the server to hold the whole archive: asks how much of it is there and sends the rest, again after a lost
 * connection, as long as there is progress. `onSent` is told how much the server has. @throws JamesError of the server, SERVER_UNREACHABLE
 */
export async function uploadArchive(
  client: Client,
  archive: Upload,
  onSent: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  const params = { digest: archive.digest };
  let known = -1;
  let fruitless = 0;
  for (;;) {
    try {
      const { offset } = await client.call("getUpload", { params, signal });
      onSent(offset);
      if (offset >= archive.size) return;
      fruitless = offset > known ? 0 : fruitless;
      known = offset;
      // It says how much is there when all that was sent is durable.
      if ((await sendFrom(client, archive, offset, onSent, signal)) >= archive.size) return;
    } catch (thrown) {
      if (!mayPass(thrown) || ++fruitless >= MAX_FRUITLESS || known === -1) throw thrown;
      await sleep(FIRST_PAUSE_MS * 2 ** (fruitless - 1), undefined, { signal });
    }
  }
}

async function sendFrom(
  client: Client,
  archive: Upload,
  offset: number,
  onSent: OnBytes,
  signal: AbortSignal,
): Promise<number> {
  const content = Readable.from(counted(archive.open(offset), (bytes) => onSent(offset + bytes)));
  try {
    const answer = await client.upload("putUpload", content, {
      params: { digest: archive.digest },
      query: { offset: String(offset) },
      headers: { "content-length": archive.size - offset },
      signal,
    });
    return answer.offset;
  } finally {
    content.destroy();
  }
}

// What breaks the connection ends the reading too, with an error of the socket.
function isFileError(cause: unknown): boolean {
  const { syscall = "" } = cause as NodeJS.ErrnoException;
  return syscall === "read" || syscall === "open";
}

// UPLOAD_OFFSET: another upload of the same file went on meanwhile; the next question tells how far.
function mayPass(thrown: unknown): boolean {
  return thrown instanceof JamesError && (thrown.class === "unavailable" || thrown.code === "UPLOAD_OFFSET");
}
