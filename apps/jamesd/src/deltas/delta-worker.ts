import { parentPort } from "node:worker_threads";
import { joinPair, makeDelta } from "@jamesd/delta";
import { startThread, taskOf } from "../running/thread.ts";

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
    const worker = startThread("delta", task, MAX_HEAP_MB);
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

const task = taskOf<DeltaTask>("delta");
if (task) {
  const delta = joinPair(makeDelta(...task.texts), makeDelta(...task.contents));
  parentPort?.postMessage(delta, [delta.buffer as ArrayBuffer]);
}
