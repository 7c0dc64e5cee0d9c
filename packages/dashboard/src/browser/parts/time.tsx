import { isoTime } from "@jamesd/protocol/words";

/** A time; where there is no room for it in one line, the day is in the first. */
export function Time({ at }: { readonly at: number }) {
  return <time dateTime={isoTime(at)}>{isoTime(at).replace("T", " ")}</time>;
}
