import { formatMebibytes } from "@jamesd/config";
import { SingleBar } from "cli-progress";

/** A bar on standard error that grows with the bytes sent. */
interface Progress {
  readonly update: (bytes: number) => void;
  readonly stop: () => void;
}

/** Shows a bar for so many bytes; nothing when standard error is not a terminal. */
function startProgress(label: string, total: number, isTerminal: boolean): Progress {
  if (!isTerminal) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `${label} [{bar}] {percentage}% of ${formatMebibytes(total)} MiB, {duration_formatted}`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: false,
    // Bars of plain letters are readable on every terminal.
    barCompleteChar: "#",
    barIncompleteChar: ".",
  });
  bar.start(total, 0);
  return { update: (bytes) => bar.update(Math.min(bytes, total)), stop: () => bar.stop() };
}

/** Does a work that tells how far it is, and shows that. */
export async function withProgress<T>(
  label: string,
  total: number,
  isTerminal: boolean,
  work: (update: Progress["update"]) => Promise<T>,
): Promise<T> {
  const progress = startProgress(label, total, isTerminal);
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}
