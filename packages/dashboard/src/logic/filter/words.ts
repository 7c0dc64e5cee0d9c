/** A word of a filter as it was written: `-KEY:value`, `"some text"`. */
export interface Word {
  readonly not: boolean;
  /** Undefined: it is only text. */
  readonly key: string | undefined;
  readonly than: ":" | "<" | ">";
  readonly value: string;
}

const START = /^(-?)(?:([A-Za-z]+)([:<>]))?/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"(?=\s|$)/s;

/** The words of a text. @returns besides them what cannot be read */
export function wordsOf(text: string): {
  readonly words: readonly Word[];
  readonly problems: readonly string[];
} {
  const words: Word[] = [];
  const problems: string[] = [];
  for (let rest = text.trimStart(); rest !== ""; ) {
    const [start = "", minus = "", key, than = ":"] = START.exec(rest) ?? [];
    const after = rest.slice(start.length);
    const [whole, inQuotes] = QUOTED.exec(after) ?? [];
    const [bare = ""] = /^\S*/.exec(after) ?? [];
    if (whole === undefined && after.startsWith('"')) problems.push(`${bare}: the quote is not closed`);
    else if (start === rest || (whole ?? bare) === "") problems.push(`${start}: something has to follow`);
    else {
      const value = inQuotes === undefined ? bare : inQuotes.replace(/\\(.)/gs, "$1");
      words.push({ not: minus !== "", key, than: than as Word["than"], value });
    }
    rest = after.slice((whole ?? bare).length).trimStart();
  }
  return { words, problems };
}

/** A value as it has to be written, so that it is read as the same. @param isAlone without a key before it */
export function quoted(value: string, isAlone = false): string {
  const isPlain = /^[^\s"]+$/.test(value) && !(isAlone && (START.exec(value)?.[0] ?? "") !== "");
  return isPlain ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
