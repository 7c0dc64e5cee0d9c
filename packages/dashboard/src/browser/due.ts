import type { Summary } from "@jamesd/protocol";
import { effect, signal } from "@preact/signals";
import { pauseAfter } from "../logic/pace.ts";
import { until } from "../logic/until.ts";
import { isNews, summary } from "./fleet.ts";

/** True while somebody may be looking at this tab. */
const isSeen = signal(!document.hidden);
document.addEventListener("visibilitychange", () => {
  isSeen.value = !document.hidden;
});

/** The time, which goes on twice a minute while somebody looks; for what is said of how long ago something was. */
export const now = signal(Date.now());
setInterval(() => {
  if (isSeen.value) now.value = Date.now();
}, 30_000);

/** After a failure, in milliseconds. */
const AGAIN_MS = 2000;

/**
 * Looks at something, and again whenever the fleet is otherwise or it was looked at so long ago, as long as somebody may
 * be looking at this tab; and no more often than what it costs lets it. @param look gives how long what it saw may be shown @returns what ends that
 */
export function keepLooking(look: (gone: AbortSignal) => Promise<number>): () => void {
  const ending = new AbortController();
  const gone = ending.signal;
  void (async () => {
    while (!gone.aborted) {
      const before = summary.peek();
      const began = performance.now();
      const oldMs = await look(gone).catch(() => undefined);
      await pause(oldMs === undefined ? AGAIN_MS : pauseAfter(performance.now() - began), gone);
      if (oldMs !== undefined) await untilDue(before, oldMs, gone);
    }
  })();
  return () => ending.abort();
}

function pause(ms: number, gone: AbortSignal): Promise<void> {
  return until(gone, (over) => {
    const timer = setTimeout(over, ms);
    return () => clearTimeout(timer);
  });
}

function untilDue(before: Summary | undefined, oldMs: number, gone: AbortSignal): Promise<void> {
  return until(gone, (over) => {
    const isOld = signal(false);
    const timer = setTimeout(() => (isOld.value = true), oldMs);
    const stop = effect(() => {
      if ((isOld.value || isNews(before)) && isSeen.value) over();
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  });
}
