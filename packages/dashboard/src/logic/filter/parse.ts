import { statusWords } from "../status.ts";
import { KEYS, type Term, type Unit, type Wish } from "./term.ts";
import { type Word, wordsOf } from "./words.ts";

/** A filter as it was read. */
export interface Filter {
  readonly terms: readonly Term[];
  /** What could not be read, in words; the rest counts all the same. */
  readonly problems: readonly string[];
}

/** Statuses that a device may have. */
const SYNC = statusWords("sync");

/** Reads a filter such as `sync:failed tag:armv7l -tag:lab seen<7d`. It never fails: what it does not know it tells. */
export function parseFilter(text: string): Filter {
  const { words, problems: unreadable } = wordsOf(text);
  const terms: Term[] = [];
  const problems = [...unreadable];
  for (const word of words) {
    const read = wishOf(word);
    if (typeof read === "string") problems.push(`${word.key}${word.than}${word.value}: ${read}`);
    else terms.push({ ...read, not: word.not });
  }
  return { terms, problems };
}

/** @returns a text: what is to be written instead */
function wishOf({ key, than, value }: Word): Wish | string {
  const name = KEYS.find((one) => one === key);
  if (key === undefined) return { key: "text", value };
  if (name === undefined) return `known are ${KEYS.join(", ")}; a text with a colon is written in quotes`;
  if (name === "seen") return seenOf(than, value);
  if (name === "revision") return revisionOf(than, value);
  if (than !== ":") return `write ${name}:${value}`;
  switch (name) {
    case "sync":
      return syncOf(value);
    case "connected":
    case "late":
      if (value !== "yes" && value !== "no") return `write ${name}:yes or ${name}:no`;
      return { key: name, is: value === "yes" };
    case "drift":
      return driftOf(value);
    case "app":
      return appOf(value);
    case "packet":
      return packetOf(value);
    default:
      return { key: name, value };
  }
}

function syncOf(value: string): Wish | string {
  const values = value.split(",");
  if (values.every((one) => SYNC.includes(one))) return { key: "sync", values };
  return `a device is ${SYNC.slice(0, -1).join(", ")} or ${SYNC.at(-1)}`;
}

function driftOf(value: string): Wish | string {
  if (value === "yes" || value === "no" || value === "unknown") return { key: "drift", is: value };
  return "write drift:yes, drift:no or drift:unknown";
}

function appOf(value: string): Wish | string {
  const [name = "", ...tags] = value.split(",");
  if (name === "" || tags.includes("")) return "write app:NAME or app:NAME,TAG";
  return { key: "app", name, tags };
}

function packetOf(value: string): Wish | string {
  if (/^[0-9a-f]{4,64}$/.test(value)) return { key: "packet", value };
  return "write how a digest begins, 4 digits of it or more, such as packet:0a1b2c3d4e5f";
}

function seenOf(than: Word["than"], value: string): Wish | string {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(value) ?? [];
  if (than === ":" || count === undefined)
    return "write seen<7d (within 7 days) or seen>12h (longer ago); s, m, h, d, w";
  return { key: "seen", than, count: Number(count), unit: unit as Unit };
}

function revisionOf(than: Word["than"], value: string): Wish | string {
  if (!/^\d{1,15}$/.test(value)) return "write a number, such as revision:42 or revision<42";
  return { key: "revision", than, value: Number(value) };
}
