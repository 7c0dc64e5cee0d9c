import { isoTime } from "@jamesd/protocol/words";

/** A time, in one line. */
export function Time({ at }: { readonly at: number }) {
  return <time dateTime={isoTime(at)}>{isoTime(at)}</time>;
}
