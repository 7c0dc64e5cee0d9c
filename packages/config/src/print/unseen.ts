// What steers a terminal, or is not seen there, and is not escaped anyway: a device may send any text.
const UNSEEN = /[\x7F-\x9F]|\p{Cf}|\p{Zl}|\p{Zp}/u;
const EACH_UNSEEN = new RegExp(UNSEEN, "gu");

/** Whether there is an unseen character in a text. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text);
}

/** A text with its unseen characters escaped. */
export function escapeEachUnseen(text: string, escapeOf: (character: string) => string): string {
  return text.replace(EACH_UNSEEN, escapeOf);
}

/** The escape of a code, as `\u00ad`. */
export function escaped(letter: "u" | "U", code: number, digits: number): string {
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}
