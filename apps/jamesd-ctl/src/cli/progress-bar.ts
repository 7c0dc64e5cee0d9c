import { formatMebibytes } from "@jamesd/config";
import { SingleBar } from "cli-progress";

/** How far a work is, as somebody is shown it. */
export interface Progress {
  readonly update: (bytes: number) => void;
  readonly stop: () => void;
}

/** A bar on standard error, a terminal, that grows to so many bytes. */
export function startBar(label: string, total: number): Progress {
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
