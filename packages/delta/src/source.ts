/** A delta: bytes that can be read anywhere, several times. */
export interface DeltaSource {
  readonly size: number;
  /** The bytes from `start` to before `end`. */
  slice(start: number, end: number): AsyncIterable<Uint8Array>;
}
