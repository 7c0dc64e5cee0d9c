/** Columns grow by a sixteenth: of what a large fleet holds little is spare. */
const GROWTH = 16;
const LEAST = 64;

/** A column of numbers, one a place, all of them 0 at first. */
export type Column = Uint8Array | Uint32Array;

/** A column that has at least so many places: the same, or a copy with more. */
export function withPlaces<C extends Column>(column: C, places: number): C {
  if (places <= column.length) return column;
  const length = Math.max(LEAST, places + Math.ceil(places / GROWTH));
  const larger = new (column.constructor as new (length: number) => C)(length);
  larger.set(column);
  return larger;
}
