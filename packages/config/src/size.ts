import { JamesError } from "@jamesd/model";

const UNITS = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const SIZE = /^(\d{1,15}(?:\.\d{1,3})?)(B|KiB|MiB|GiB|TiB)$/;

/** Reads `500KiB`, `2MiB`, `1.5GiB` and gives bytes. @throws JamesError USAGE */
export function parseSize(text: string): number {
  const [, amount, unit] = SIZE.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * UNITS[unit as keyof typeof UNITS]);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not a size`, {
    hint: "Write a number and a unit: 500KiB, 2MiB or 1GiB.",
  });
}

/** Writes bytes the way people read them: the largest unit that divides evenly. */
export function formatSize(bytes: number): string {
  const fitting = Object.entries(UNITS).findLast(([, size]) => bytes >= size && bytes % size === 0);
  return fitting ? `${bytes / fitting[1]}${fitting[0]}` : `${bytes}B`;
}

/** Writes bytes as a number of MiB, with one digit after the point: `80.5`. */
export function formatMebibytes(bytes: number): string {
  return (bytes / UNITS.MiB).toFixed(1);
}
