import { isMainThread, Worker, workerData } from "node:worker_threads";

/** What a thread can be there for. */
export type ThreadName = "packet" | "delta";

interface Given {
  readonly thread: ThreadName;
  readonly task: unknown;
}

/**
 * Starts a thread that runs a module, which asks `taskOf` what it is to do. It ends with an error where its JavaScript
 * objects take more than `maxHeapMb` MiB; bytes lie outside of that.
 * @param module `import.meta.url` of the module. In a bundle that is the whole program, which does nothing else in a thread (main.ts).
 */
export function startThread(module: string, thread: ThreadName, task: unknown, maxHeapMb: number): Worker {
  return new Worker(new URL(module), {
    workerData: { thread, task } satisfies Given,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
}

/** In a thread of this name: what it is to do; undefined anywhere else. */
export function taskOf<T>(thread: ThreadName): T | undefined {
  if (isMainThread) return undefined;
  const given = workerData as Given | undefined;
  return given?.thread === thread ? (given.task as T) : undefined;
}
