import { constants } from "node:os";

/** What stops a program. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Listens no more. */
  forget(): void;
}

/**
 * An AbortSignal that SIGTERM and SIGINT set off; a second one ends the process at once. `onStop` hears of the first.
 */
export function listenForStop(onStop: (name: NodeJS.Signals) => void): Stop {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    // As a shell counts a death by signal; the journal makes this as safe as a power cut.
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
    onStop(name);
    controller.abort();
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  return {
    signal: controller.signal,
    forget: () => void process.off("SIGTERM", stop).off("SIGINT", stop),
  };
}
