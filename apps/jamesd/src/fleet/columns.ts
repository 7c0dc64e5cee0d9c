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

/** All of these columns with at least so many places. */
export function allWithPlaces<C extends Readonly<Record<string, Column>>>(columns: C, places: number): C {
  const all = Object.entries(columns).map(([name, column]) => [name, withPlaces(column, places)]);
  return Object.fromEntries(all) as C;
}
