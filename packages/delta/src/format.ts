/** The first byte of a delta: the version of its format. */
export const FORMAT = 1;
