import type { Session } from "./session.ts";

/** Waits with the answer to a check-in until the device is woken, for so long at the most, or until the signal says that nobody waits any more. */
export function untilWoken(session: Session, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): void => {
      session.isCut = true;
      done();
    };
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cut);
      if (session.wake === done) session.wake = undefined;
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener("abort", cut);
    session.wake = done;
    // It may have gone while its report was written: then no event comes any more.
    if (signal.aborted) cut();
  });
}
