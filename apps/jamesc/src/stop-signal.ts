import { constants } from "node:os";

let stop: AbortController | undefined;
let told: (name: NodeJS.Signals) => void;

/**
 * An AbortSignal that SIGTERM and SIGINT set off, the same in all of a process; a second one ends the process at once. Who
 * called this last hears of the first by `onStop`. Nobody stops listening: a signal that comes while the event loop does
 * not turn, Node drops if nobody listens when it does, as between joining and what the agent does then.
 */
export function listenForStop(onStop: (name: NodeJS.Signals) => void): AbortSignal {
  told = onStop;
  stop ??= listen(new AbortController());
  return stop.signal;
}

function listen(controller: AbortController): AbortController {
  const hear = (name: NodeJS.Signals): void => {
    // As a shell counts a death by signal; the journal makes this as safe as a power cut.
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
    told(name);
    controller.abort();
  };
  process.on("SIGTERM", hear).on("SIGINT", hear);
  return controller;
}
