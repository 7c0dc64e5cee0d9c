// Controls, formats (among them what turns the direction of writing round), what stands alone, and what ends a line.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text on one line that cannot steer a terminal: what others send, such as a device, is not trusted. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) => (character === "\t" ? " " : "\uFFFD"));
}
