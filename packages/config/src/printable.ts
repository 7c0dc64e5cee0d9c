// Controls, formats (among them what turns the direction of writing round), what stands alone, and what ends a line.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text on one line that cannot steer a terminal: what others send, such as a device, is not trusted. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) => (character === "\t" ? " " : "\uFFFD"));
}

/** A line of JSON, with the end of the line, that cannot steer a terminal either: what it would take for that is escaped. */
export function escapeUnseen(json: string): string {
  return json.replace(UNSEEN, (character) =>
    character === "\n"
      ? character
      : Array.from({ length: character.length }, (_, i) => escaped(character.charCodeAt(i))).join(""),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
