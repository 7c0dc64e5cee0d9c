import { JamesError } from "@jamesd/model";

const PERCENT = /^(\d{1,3}(?:\.\d{1,10})?)%$/;

/** Reads `5%` and gives a share, from 0 to 1. @throws JamesError USAGE */
export function parseShare(text: string): number {
  const [, percent] = PERCENT.exec(text) ?? [];
  // A quotient would not be the number that is nearest to what is written.
  const share = Number(`${percent}e-2`);
  if (share <= 1) return share;
  throw new JamesError("USAGE", `${JSON.stringify(text)} is not a share`, {
    hint: "Write so many of a hundred, from 0% to 100%.",
  });
}
