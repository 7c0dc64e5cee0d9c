import type { Progress } from "./progress-bar.ts";

const UNSEEN: Progress = { update: () => undefined, stop: () => undefined };

/** Does a work of so many bytes that tells how far it is, and shows that on standard error where that is a terminal. */
export async function withProgress<T>(
  label: string,
  total: number,
  isTerminal: boolean,
  work: (update: Progress["update"]) => Promise<T>,
): Promise<T> {
  const progress = isTerminal ? (await import("./progress-bar.ts")).startBar(label, total) : UNSEEN;
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}
