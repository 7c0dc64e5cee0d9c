import type { Worker } from "node:worker_threads";
import { JamesError } from "@jamesd/model";
import type { BlobLoan } from "../blobs/blob-store.ts";
import { startThread } from "../running/thread.ts";
import type { FromThread, PacketTask, StoredPacket, ToThread } from "./packet-messages.ts";
import { PACKET_WORKER } from "./packet-worker.ts";

/** What reading takes whatever the archive holds, and what each entry of a manifest takes on top. */
const HEAP_MB = 256;
const ENTRIES_PER_MB = 256;

/** What makes a packet of an archive. @throws JamesError as `storePacket`; the signal's reason */
export type MakesPacket = (task: PacketTask, loan: BlobLoan, signal: AbortSignal) => Promise<StoredPacket>;

/**
 * Makes a packet in a thread of its own, which can be ended whatever it is busy with: this one hears names only.
 * @throws JamesError as `storePacket`, and ARCHIVE_TOO_LARGE when it takes too much memory; the signal's reason
 */
export const makeInThread: MakesPacket = async (task, loan, signal) => {
  signal.throwIfAborted();
  const heapMb = HEAP_MB + Math.ceil(task.limits.entries / ENTRIES_PER_MB);
  const worker = startThread(PACKET_WORKER, "packet", task, heapMb);
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const abort = new AbortController();
  const over = AbortSignal.any([signal, abort.signal]);
  try {
    return await packetOf(worker, loan, heapMb, over);
  } finally {
    abort.abort();
    await worker.terminate();
    // The archive is read until then.
    await ended;
  }
};

function packetOf(
  worker: Worker,
  loan: BlobLoan,
  heapMb: number,
  signal: AbortSignal,
): Promise<StoredPacket> {
  return new Promise((resolve, reject) => {
    const tell = (message: ToThread | undefined): void => {
      if (message) worker.postMessage(message);
    };
    worker.on("message", (message: FromThread) => {
      if (message.kind === "stored") resolve(message.stored);
      else if (message.kind === "refused") reject(JamesError.fromBody(message.error));
      else loan.hear(message).then(tell, reject);
    });
    worker.once("error", (error) => reject(threadError(error, heapMb)));
    worker.once("exit", () => reject(new JamesError("INTERNAL", "the thread that made the packet ended")));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function threadError(error: Error, heapMb: number): JamesError {
  if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") return JamesError.from(error);
  return new JamesError("ARCHIVE_TOO_LARGE", `reading the archive takes more than ${heapMb} MiB of memory`, {
    hint: "Split the packet, or start jamesd with more entries in --limits.",
    cause: error,
  });
}
