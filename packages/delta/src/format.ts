import { JamesError } from "@jamesd/model";

/** The first byte of a delta says how its four streams are stored: each under brotli by itself. */
export const APART = 1;
/** All of them, one after another, under brotli. */
export const TOGETHER = 2;
/** All of them, one after another, as they are. */
export const PLAIN = 3;

/** Streams that are stored one after another are so long at the most, in bytes: they are held in memory. */
export const MAX_TOGETHER = 64 * 1024;

/** A delta: bytes that can be read anywhere, several times. */
export interface DeltaSource {
  readonly size: number;
  /** The bytes from `start` to before `end`. */
  slice(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** What is wrong with a delta. */
export function invalidDelta(why: string, cause?: unknown): JamesError {
  return new JamesError("DELTA_INVALID", `this is not a delta for this content: ${why}`, { cause });
}
