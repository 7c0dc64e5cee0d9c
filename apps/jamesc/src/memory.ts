import { setFlagsFromString } from "node:v8";

/**
 * Has V8 collect garbage early rather than let the heap grow: a device's memory is for what it runs, and an agent that
 * mostly waits has time for it. Measured with 100 MB in one file and in 5,000: 40 MB less at the peak, no more CPU.
 */
export function keepHeapSmall(): void {
  // The buffers of a download lie outside the heap, and their memory comes back when the young generation is collected:
  // as small as it starts (1 MiB), that is after some megabytes of download; grown to 16 MiB, after 50.
  setFlagsFromString("--semi-space-growth-factor=1");
  // What that promotes too early is collected before it has added up: at a fifth more than what is alive.
  setFlagsFromString("--heap-growing-percent=20");
}
