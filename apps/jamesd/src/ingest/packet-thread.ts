import type { Worker } from "node:worker_threads";
import type { ArchiveLimits } from "@jamesd/archive";
import type { BlobLoan } from "../blobs/blob-store.ts";
import { startThread } from "../running/thread.ts";
import { ArchiveReader } from "./archive-reader.ts";
import type { ArchiveTask, PacketTask, StoredPacket } from "./packet-messages.ts";

/** What reading takes whatever the archive holds, and what each entry of a manifest takes on top. */
const HEAP_MB = 256;
const ENTRIES_PER_MB = 256;

/** What makes a packet of an archive. @throws JamesError as `storePacket`; the signal's reason */
export type MakesPacket = (task: PacketTask, loan: BlobLoan, signal: AbortSignal) => Promise<StoredPacket>;

/** A thread that has nothing to do ends after so long. */
const WARM_MS = 30_000;

/** A thread that waits for an archive. */
interface Spare {
  readonly worker: Worker;
  readonly ends: NodeJS.Timeout;
}

/**
 * The threads that make packets, each of one archive: the one that answers hears names only. A thread takes a while to
 * begin, so one is begun when an archive is expected, and waits for it for a while.
 */
export class PacketThreads {
  readonly #heapMb: number;
  #spare: Spare | undefined;
  #isClosed = false;

  /** @param limits how many entries an archive may have says how much memory a thread may take */
  constructor({ entries }: Pick<ArchiveLimits, "entries">) {
    this.#heapMb = HEAP_MB + Math.ceil(entries / ENTRIES_PER_MB);
  }

  /** An archive comes: a thread is begun for it. */
  expect(): void {
    if (this.#isClosed) return;
    const worker = this.#takeSpare() ?? this.#start();
    // What becomes of one that nobody waits for is of no interest: another one is begun.
    const gone = (): void => void this.#takeSpare();
    worker.on("error", gone).on("exit", gone);
    this.#spare = { worker, ends: setTimeout(() => void this.#takeSpare()?.terminate(), WARM_MS).unref() };
  }

  /** Begins to read an archive, in the thread that waits for one if there is one. The caller ends it. */
  read(task: ArchiveTask, loan: BlobLoan): ArchiveReader {
    return new ArchiveReader(this.#takeSpare() ?? this.#start(), task, loan, this.#heapMb);
  }

  /**
   * Makes a packet in a thread, which is ended when the signal aborts, whatever it is busy with.
   * @throws JamesError as `storePacket`, and ARCHIVE_TOO_LARGE when it takes too much memory; the signal's reason
   */
  readonly make: MakesPacket = async ({ file, limits, request, loan: lent }, loan, signal) => {
    signal.throwIfAborted();
    const reader = this.read({ file, limits, loan: lent }, loan);
    // The archive is read until the thread has ended.
    return await reader.packet(request, signal).finally(() => reader.end());
  };

  /** Ends the thread that has nothing to do; others end with what they do. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#takeSpare()?.terminate();
  }

  #start(): Worker {
    return startThread("packet", undefined, this.#heapMb);
  }

  #takeSpare(): Worker | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    clearTimeout(spare?.ends);
    return spare?.worker.removeAllListeners();
  }
}

/** Makes a packet in a thread of its own. @throws as `PacketThreads.make` */
export const makeInThread: MakesPacket = async (task, loan, signal) => {
  const threads = new PacketThreads(task.limits);
  return await threads.make(task, loan, signal).finally(() => threads.close());
};
