import { setImmediate as turn } from "node:timers/promises";

/** What some work took, in milliseconds. */
export interface Took {
  /** Until it was done, whatever else the machine did. */
  readonly ms: number;
  /** Time of the processor. */
  readonly cpuMs: number;
  /** The most time of the processor that one turn of the event loop took: so long nobody else was served. */
  readonly blockMs: number;
}

/** Does something while the turns of the event loop are timed. */
export async function timeBlocks(work: () => Promise<unknown>): Promise<Took> {
  await turn();
  let blockMs = 0;
  let isOver = false;
  let last = cpuMs();
  const watch = (): void => {
    const now = cpuMs();
    blockMs = Math.max(blockMs, now - last);
    last = now;
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  const [startedMs, startedCpu] = [performance.now(), cpuMs()];
  await work();
  const [ms, used] = [performance.now() - startedMs, cpuMs() - startedCpu];
  await turn();
  isOver = true;
  return { ms, cpuMs: used, blockMs };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
