import type { Summary } from "@jamesd/protocol";
import { signal } from "@preact/signals";
import { askAgain } from "./api.ts";

/** How the fleet is; undefined: not known yet. */
export const summary = signal<Summary | undefined>(undefined);
/** Why it is not known any more; undefined: it is. */
export const trouble = signal<string | undefined>(undefined);

/** What one tab says to the others. */
interface Known {
  readonly summary: Summary | undefined;
  readonly etag: string | undefined;
  readonly trouble: string | undefined;
}

const NAME = "jamesd-fleet";
/** Said by a tab that is new. */
const HELLO = "hello";
/** After a failure, in milliseconds. */
const AGAIN_MS = 2000;
/** Longer than an answer is held; one that takes longer does not come. */
const GIVEN_UP_MS = 40_000;

let etag: string | undefined;
/** What came first. */
let first: Summary | undefined;

/** Whether the fleet is otherwise than before; that it comes to be known how it is is no news of it. */
export function isNews(before: Summary | undefined): boolean {
  return summary.value !== (before ?? first);
}

/**
 * Keeps knowing how the fleet is. Of all tabs of a browser one asks, and tells the others: a browser has so few
 * connections to an origin that answers which are held in each tab would leave none. When that one goes, another asks.
 */
export function watchFleet(): void {
  const others = new BroadcastChannel(NAME);
  let isAsking = false;
  const tell = () =>
    others.postMessage({ summary: summary.value, etag, trouble: trouble.value } satisfies Known);
  others.onmessage = ({ data }: MessageEvent<Known | typeof HELLO>) => {
    if (data !== HELLO) take(data);
    else if (isAsking) tell();
  };
  others.postMessage(HELLO);
  void navigator.locks.request(NAME, () => {
    isAsking = true;
    return keepAsking(tell);
  });
}

// What is known already is no news: nothing is to be looked at again for it.
function take(known: Known): void {
  if (known.etag === undefined || known.etag !== etag) {
    first ??= known.summary;
    ({ summary: summary.value, etag } = known);
  }
  trouble.value = known.trouble;
}

async function keepAsking(tell: () => void): Promise<never> {
  for (;;) {
    const failure = await askOnce();
    trouble.value = failure;
    // A tab that is closed or loaded anew fails as well, and comes no further: the others have no trouble.
    if (failure !== undefined) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    tell();
  }
}

/** @returns why it is not known */
async function askOnce(): Promise<string | undefined> {
  try {
    // Whether there is an answer again is to be known at once, though it is the one of before.
    const known = trouble.value ? undefined : etag;
    const next = await askAgain<Summary>("/v1/summary", known, AbortSignal.timeout(GIVEN_UP_MS));
    if (next) take({ summary: next.said, etag: next.etag, trouble: undefined });
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
