import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import { type LocalFile, unreadable } from "./local-file.ts";

/** Told how many bytes of the file the server has. */
export type OnSent = (bytes: number) => void;

// A connection that breaks this often without a byte of progress will not get better by itself.
const MAX_FRUITLESS = 5;
const FIRST_PAUSE_MS = 500;
const TICK_MS = 100;

/**
 * Brings the server to hold the whole file: asks how much of it is there and sends the rest, again after a lost
 * connection, as long as there is progress. @throws JamesError of the server, SERVER_UNREACHABLE
 */
export async function uploadFile(
  client: Client,
  file: LocalFile,
  onSent: OnSent,
  signal: AbortSignal,
): Promise<void> {
  const params = { digest: file.digest };
  let known = -1;
  let fruitless = 0;
  for (;;) {
    try {
      const { offset } = await client.call("getUpload", { params, signal });
      onSent(offset);
      if (offset >= file.size) return;
      fruitless = offset > known ? 0 : fruitless;
      known = offset;
      await sendFrom(client, file, offset, onSent, signal);
    } catch (thrown) {
      if (!mayPass(thrown) || ++fruitless >= MAX_FRUITLESS || known === -1) throw thrown;
      await sleep(FIRST_PAUSE_MS * 2 ** (fruitless - 1), undefined, { signal });
    }
  }
}

async function sendFrom(
  client: Client,
  file: LocalFile,
  offset: number,
  onSent: OnSent,
  signal: AbortSignal,
) {
  // `end`: a file that grew meanwhile must not send more than was announced.
  const content = createReadStream(file.path, { start: offset, end: file.size - 1, highWaterMark: 1 << 18 });
  let broken: unknown;
  content.on("error", (cause) => {
    broken = cause;
  });
  const ticker = setInterval(() => onSent(offset + content.bytesRead), TICK_MS);
  try {
    await client.upload("putUpload", content, {
      params: { digest: file.digest },
      query: { offset: String(offset) },
      headers: { "content-length": file.size - offset },
      signal,
    });
  } catch (thrown) {
    throw isReadError(broken) ? unreadable(file.path, broken) : thrown;
  } finally {
    clearInterval(ticker);
    content.destroy();
  }
}

function isReadError(cause: unknown): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).syscall === "read";
}

// UPLOAD_OFFSET: another upload of the same file went on meanwhile; the next question tells how far.
function mayPass(thrown: unknown): boolean {
  return thrown instanceof JamesError && (thrown.class === "unavailable" || thrown.code === "UPLOAD_OFFSET");
}
