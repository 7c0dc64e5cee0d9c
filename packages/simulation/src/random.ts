import { createHash } from "node:crypto";

/** Gives numbers from 0 to under 1, the same ones each time for the same seed. */
export type Random = () => number;

/** A source of its own for these words, so that one device more changes nothing of the others (mulberry32). */
export function randomFor(...words: readonly (string | number)[]): Random {
  let state = createHash("sha256").update(JSON.stringify(words)).digest().readUInt32BE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many hexadecimal digits. */
export function hexDigits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join("");
}
