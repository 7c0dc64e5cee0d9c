const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes as people read them, to three digits: `1.46 MiB`. */
export function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  // What would be written as 1000 of a unit or more is written in the next one.
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${UNITS[unit]}`;
}
