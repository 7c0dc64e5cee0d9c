import { JamesError } from "@jamesd/model";

const UNITS = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const SIZE = /^(\d{1,15})(KiB|MiB|GiB|TiB|)$/;

/** Reads `4096`, `500KiB`, `2MiB`, `1GiB`, `1TiB` and gives bytes. @throws JamesError USAGE */
export function parseSize(text: string): number {
  const [, amount, unit = ""] = SIZE.exec(text) ?? [];
  const bytes = Number(amount) * UNITS[unit as keyof typeof UNITS];
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not a number of bytes`, {
    hint: "Write a whole number and, if you like, a unit: 4096, 500KiB, 2MiB or 1GiB.",
  });
}
