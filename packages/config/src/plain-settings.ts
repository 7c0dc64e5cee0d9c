// A name, and a value that YAML reads as the text that stands there: no indicator of YAML is among the characters.
const WORD = "[A-Za-z0-9/_.][A-Za-z0-9/_.@+=-]*";
const LINE = new RegExp(
  `^(?<name>[a-z][a-z0-9-]*): +(?:(?<text>${WORD}(?:[,:]${WORD})*)|"(?<quoted>[A-Za-z0-9/_.@+=,: -]*)"|\\[ *(?<list>${WORD}(?: *, *${WORD})*)? *\\]) *(?: #.*)?$`,
);
const NOTHING = /^ *(?:#.*)?$/;

/**
 * Settings that are written as most are: `name: value` lines with plain values, texts in quotes and lists in brackets.
 * Undefined when there is anything else in the file: then it is to be read as YAML, which reads these lines as they are read here.
 */
export function plainSettings(
  text: string,
): Readonly<Record<string, string | readonly string[]>> | undefined {
  const settings: [string, string | readonly string[]][] = [];
  for (const line of text.split("\n")) {
    if (NOTHING.test(line)) continue;
    const { name, text, quoted, list } = LINE.exec(line)?.groups ?? {};
    if (name === undefined) return undefined;
    settings.push([name, text ?? quoted ?? list?.split(",").map((word) => word.trim()) ?? []]);
  }
  const names = new Set(settings.map(([name]) => name));
  return names.size === settings.length ? Object.fromEntries(settings) : undefined;
}
