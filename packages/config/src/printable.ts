// Not one class: a bundle would have it as a literal then, for which the tables of Unicode are read already when it is parsed.
// Controls, formats (among them what turns the direction of writing round), what stands alone, and what ends a line.
const unseen = (): RegExp => /\p{C}|\p{Zl}|\p{Zp}/gu;
// Nearly every text is; the tables of Unicode, once they are needed, take an agent half a megabyte.
const SEEN_ASCII = /^[\x20-\x7E\n]*$/;

/** A text on one line that cannot steer a terminal: what others send, such as a device, is not trusted. */
export function printable(text: string): string {
  return text.replace(unseen(), (character) => (character === "\t" ? " " : "\uFFFD"));
}

/** A line of JSON, with the end of the line, that cannot steer a terminal either: what it would take for that is escaped. */
export function escapeUnseen(json: string): string {
  if (SEEN_ASCII.test(json)) return json;
  return json.replace(unseen(), (character) =>
    character === "\n"
      ? character
      : Array.from({ length: character.length }, (_, i) => escaped(character.charCodeAt(i))).join(""),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
