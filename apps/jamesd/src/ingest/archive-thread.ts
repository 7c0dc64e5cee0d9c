import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Worker } from "node:worker_threads";
import type { ArchiveLimits, ArchiveSink } from "@jamesd/archive";
import { JamesError } from "@jamesd/model";
import { startThread } from "../running/thread.ts";
import type { ArchiveTask, FromThread, ReadArchive, ToThread } from "./archive-messages.ts";
import { ARCHIVE_WORKER } from "./archive-worker.ts";

/** What reading takes whatever the archive holds, and what each entry of a manifest takes on top. */
const HEAP_MB = 256;
const ENTRIES_PER_MB = 512;

/**
 * Reads an archive in a thread of its own, which can be ended whatever it is busy with: contents are handed to the sink
 * as they come. @throws JamesError as `readArchive`, and ARCHIVE_TOO_LARGE when it takes too much memory; the signal's reason
 */
export async function readInThread(
  file: FileHandle,
  sink: Pick<ArchiveSink, "file">,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<ReadArchive> {
  signal.throwIfAborted();
  const task: ArchiveTask = { file: file.fd, limits };
  const heapMb = HEAP_MB + Math.ceil(limits.entries / ENTRIES_PER_MB);
  const worker = startThread(ARCHIVE_WORKER, "archive", task, heapMb);
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const abort = new AbortController();
  const over = AbortSignal.any([signal, abort.signal]);
  try {
    return await archiveOf(worker, sink, heapMb, over);
  } finally {
    abort.abort();
    await worker.terminate();
    // The file is read until then.
    await ended;
  }
}

function archiveOf(
  worker: Worker,
  sink: Pick<ArchiveSink, "file">,
  heapMb: number,
  signal: AbortSignal,
): Promise<ReadArchive> {
  return new Promise((resolve, reject) => {
    let content: Readable | undefined;
    const fail = (thrown: unknown): void => {
      reject(thrown);
      content?.destroy(JamesError.from(thrown));
    };
    const store = (path: string, size: number): Readable => {
      const chunks = new Readable({ objectMode: true, read: () => undefined });
      // Who stores it may have stopped reading.
      chunks.on("error", () => undefined);
      sink
        .file(
          taken(chunks, () => tell(worker, { kind: "taken" })),
          size,
          path,
        )
        .then((stored) => tell(worker, { kind: "stored", digest: stored.digest, size: stored.size }), fail);
      return chunks;
    };
    worker.on("message", (message: FromThread) => {
      if (message.kind === "file") content = store(message.path, message.size);
      else if (message.kind === "chunk") content?.push(message.bytes);
      else if (message.kind === "end") content?.push(null);
      else if (message.kind === "manifest") resolve(message.archive);
      else fail(JamesError.fromBody(message.error));
    });
    worker.once("error", (error) => fail(threadError(error, heapMb)));
    worker.once("exit", () => fail(new JamesError("INTERNAL", "the thread that read the archive ended")));
    signal.addEventListener("abort", () => fail(signal.reason), { once: true });
  });
}

function tell(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}

async function* taken(chunks: Readable, take: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    take();
    yield chunk as Uint8Array;
  }
}

function threadError(error: Error, heapMb: number): JamesError {
  if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") return JamesError.from(error);
  return new JamesError("ARCHIVE_TOO_LARGE", `reading the archive takes more than ${heapMb} MiB of memory`, {
    hint: "Split the packet, or start jamesd with more entries in --limits.",
    cause: error,
  });
}
