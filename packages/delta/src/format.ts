/** The first byte of a delta says how its four streams are stored: each under brotli by itself. */
export const APART = 1;
/** All of them, one after another, under brotli. */
export const TOGETHER = 2;
/** All of them, one after another, as they are. */
export const PLAIN = 3;

/** Streams that are stored one after another are so long at the most, in bytes: they are held in memory. */
export const MAX_TOGETHER = 64 * 1024;
