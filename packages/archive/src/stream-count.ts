/** Told of each of the compressed streams (members, frames) that follow one another in a file. */
export interface StreamCount {
  /** Notes that one begins. @throws JamesError ARCHIVE_CORRUPT when they are too many for what came out of them */
  add(): void;
}
