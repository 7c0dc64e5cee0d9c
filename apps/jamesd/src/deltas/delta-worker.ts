import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { joinPair, makeDelta } from "@jamesd/delta";

/** What turns into what: the texts of two packets, and their contents one after another. */
export interface DeltaTask {
  readonly texts: readonly [base: Uint8Array, target: Uint8Array];
  readonly contents: readonly [base: Uint8Array, target: Uint8Array];
}

/** Older JavaScript objects of the worker; its bytes lie outside. */
const MAX_HEAP_MB = 256;

/**
 * Makes the pair of deltas of a task in a thread of its own.
 * @throws when the signal is aborted, or the thread fails
 */
export function runDeltaWorker(task: DeltaTask, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // In a bundle this is the whole program, which does nothing but this in a thread (main.ts).
    const worker = new Worker(new URL(import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    const stop = (): void => void worker.terminate();
    signal.addEventListener("abort", stop);
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => {
      signal.removeEventListener("abort", stop);
      reject(signal.aborted ? signal.reason : new Error("the thread ended without a delta"));
    });
  });
}

if (!isMainThread) {
  const { texts, contents } = workerData as DeltaTask;
  const delta = joinPair(makeDelta(...texts), makeDelta(...contents));
  parentPort?.postMessage(delta, [delta.buffer as ArrayBuffer]);
}
