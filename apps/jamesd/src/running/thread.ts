import { getPriority, setPriority } from "node:os";
import { setFlagsFromString } from "node:v8";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { THREAD_CODE } from "./thread-code.ts";

/** What a thread can be there for. */
export type ThreadName = "packet" | "delta";

interface Given {
  readonly thread: ThreadName;
  readonly task: unknown;
}

/**
 * What a thread's young generation has from the beginning, in MiB. V8 begins with one, and each time that this is full and
 * little of it lives, it lets the rest grow by less: after the third time every ten megabytes of buffers had the whole
 * heap collected.
 */
const YOUNG_MB = 4;

/**
 * Starts a thread, which loads what threads do (`threads.ts`); each module there asks `isThread` whether it is meant. It
 * ends with an error where its JavaScript objects take more than `maxHeapMb` MiB; bytes lie outside of that.
 */
export function startThread(thread: ThreadName, task: unknown, maxHeapMb: number): Worker {
  // For heaps that are made from now on: only those of threads are.
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MB}`);
  return new Worker(THREAD_CODE ?? new URL("../threads.ts", import.meta.url), {
    eval: THREAD_CODE !== undefined,
    workerData: { thread, task } satisfies Given,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
}

/** There is nothing nicer. */
const LEAST = 19;
/** Of threads beside the one that answers: by so much they are nicer, wherever it was started: it has three times their weight where they want the same processor. */
const NICENESS = 5;

/** True in a thread of this name, which works after those who answer. */
export function isThread(thread: ThreadName): boolean {
  if (isMainThread || (workerData as Given | undefined)?.thread !== thread) return false;
  // On Linux a thread has a niceness of its own (setpriority(2), "C library/kernel differences"); elsewhere it is the process's.
  if (process.platform === "linux") setPriority(Math.min(LEAST, getPriority() + NICENESS));
  return true;
}

/** In a thread of this name: what it was started for; undefined anywhere else. */
export function taskOf<T>(thread: ThreadName): T | undefined {
  return isThread(thread) ? ((workerData as Given).task as T) : undefined;
}
