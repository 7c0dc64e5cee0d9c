import type { Worker } from "node:worker_threads";
import { JamesError } from "@jamesd/model";
import type { BlobLoan } from "../blobs/blob-store.ts";
import type { ArchiveTask, FromThread, StoredPacket, ToThread } from "./packet-messages.ts";
import type { PacketRequest } from "./packet-request.ts";

/** A thread that reads an archive of which a packet is to be made. */
export class ArchiveReader {
  readonly #worker: Worker;
  readonly #made = Promise.withResolvers<StoredPacket>();
  #hasEnded = false;
  #failure: unknown;

  /** @param heapMb how much memory the thread may take */
  constructor(worker: Worker, task: ArchiveTask, loan: BlobLoan, heapMb: number) {
    this.#worker = worker;
    const note = (): void => {
      this.#hasEnded = true;
    };
    this.#made.promise.then(note, (reason: unknown) => {
      note();
      this.#failure = reason;
      // Nothing more comes of it, and whoever began to read may not ask for the packet for a while.
      void this.end();
    });
    this.#listen(loan, heapMb);
    this.#tell({ kind: "task", task });
  }

  /** True when the packet was made, or never will be. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Why it never will be; undefined, as long as nothing is known of that. */
  get failure(): unknown {
    return this.#failure;
  }

  /** So many bytes of the archive are there. */
  come(bytes: number): void {
    this.#tell({ kind: "come", bytes });
  }

  /**
   * All of the archive is there, so many bytes or as many as its file has; makes the packet of it.
   * @throws JamesError as `storePacket`, and ARCHIVE_TOO_LARGE when it takes too much memory; the signal's reason
   */
  async packet(request: PacketRequest, signal: AbortSignal, bytes?: number): Promise<StoredPacket> {
    signal.throwIfAborted();
    this.#tell({ kind: "make", request, ...(bytes !== undefined && { bytes }) });
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    return await Promise.race([this.#made.promise, promise]).finally(() =>
      signal.removeEventListener("abort", abort),
    );
  }

  /** Ends the thread, whatever it is busy with: until then it reads the archive. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #listen(loan: BlobLoan, heapMb: number): void {
    const { resolve, reject } = this.#made;
    this.#worker.on("message", (message: FromThread) => {
      if (message.kind === "stored") resolve(message.stored);
      else if (message.kind === "refused") reject(JamesError.fromBody(message.error));
      else loan.hear(message).then((answer) => answer && this.#tell(answer), reject);
    });
    this.#worker.once("error", (error) => reject(threadError(error, heapMb)));
    this.#worker.once("exit", () =>
      reject(new JamesError("INTERNAL", "the thread that made the packet ended")),
    );
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}

function threadError(error: Error, heapMb: number): JamesError {
  if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") return JamesError.from(error);
  return new JamesError("ARCHIVE_TOO_LARGE", `reading the archive takes more than ${heapMb} MiB of memory`, {
    hint: "Split the packet, or start jamesd with more entries in --limits.",
    cause: error,
  });
}
