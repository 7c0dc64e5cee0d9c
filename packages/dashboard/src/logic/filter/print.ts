import type { Term } from "./term.ts";
import { quoted } from "./words.ts";

/** A filter as a text, from which the same is read. */
export function printFilter(terms: readonly Term[]): string {
  return terms.map((term) => `${term.not ? "-" : ""}${wishText(term)}`).join(" ");
}

function wishText(term: Term): string {
  switch (term.key) {
    case "sync":
      return `sync:${quoted(term.values.join(","))}`;
    case "app":
      return `app:${quoted([term.name, ...term.tags].join(","))}`;
    case "seen":
      return `seen${term.than}${term.count}${term.unit}`;
    case "revision":
      return `revision${term.than}${term.value}`;
    case "connected":
    case "late":
      return `${term.key}:${term.is ? "yes" : "no"}`;
    case "drift":
      return `drift:${term.is}`;
    case "text":
      return quoted(term.value, true);
    default:
      return `${term.key}:${quoted(term.value)}`;
  }
}
