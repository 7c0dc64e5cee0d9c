import { JamesError } from "./error.ts";

/** One tag such as `armv7l`, `glibc-2.23` or `v1.0.0`: letters and digits of any script, signs of ASCII, no whitespace, no comma, 1 to 128 characters. */
export type Tag = string;

/** Longest tag or packet name, in characters. */
export const MAX_WORD = 128;

/** What `isWord` wants, for hints. */
export const WORD_RULE = `1 to ${MAX_WORD} letters and digits of any script and signs of ASCII`;

// Printable ASCII and letters of any script; controls, spaces, commas and invisible characters (among them a few that
// Unicode counts as letters, such as the Hangul filler) would make two tags that look alike differ.
const ASCII_WORD = /^[!-+\--~]+$/;
const wordOfAnyScript = (): RegExp => /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}!-+\--~])+$/u;

/** Checks one tag. @throws JamesError TAG_INVALID that names the tag. */
export function parseTag(text: string): Tag {
  if (isWord(text)) return text;
  throw new JamesError("TAG_INVALID", `${JSON.stringify(text)} is not a tag`, {
    hint: `A tag has ${WORD_RULE}, no whitespace and no comma; separate tags with commas.`,
  });
}

/** Checks a list of tags and drops repeats; the order given stays. @throws JamesError TAG_INVALID */
export function parseTags(texts: readonly string[]): readonly Tag[] {
  return [...new Set(texts.map(parseTag))];
}

/** Reads `a,b,c` as the command line writes it; an empty text is an empty list. @throws JamesError TAG_INVALID */
export function parseTagList(text: string): readonly Tag[] {
  return text === "" ? [] : parseTags(text.split(","));
}

/** Checks the name of a packet or app. @throws JamesError NAME_INVALID */
export function parseName(text: string): string {
  if (isName(text)) return text;
  throw new JamesError("NAME_INVALID", `${JSON.stringify(text)} is not a packet name`, {
    hint: `A name has ${WORD_RULE}, no whitespace, comma or slash, and starts with neither "." nor "-".`,
  });
}

/** True for what may be the name of a packet or app. */
export function isName(text: string): boolean {
  return isWord(text) && !text.includes("/") && !text.startsWith(".") && !text.startsWith("-");
}

/** True for a non-empty word that may be a tag; in Unicode's form NFC, since other forms look the same. */
export function isWord(text: string): boolean {
  if (text.length > MAX_WORD) return false;
  // Nearly every word is; the tables of Unicode, once they are needed, take an agent half a megabyte.
  return ASCII_WORD.test(text) || (wordOfAnyScript().test(text) && text === text.normalize("NFC"));
}

/** Tags in code-unit order without repeats: the form that digests and comparisons use. */
export function sortedTags(tags: readonly Tag[]): readonly Tag[] {
  return [...new Set(tags)].sort();
}

/** True when both lists hold the same tags, whatever their order. */
export function sameTags(a: readonly Tag[], b: readonly Tag[]): boolean {
  const x = sortedTags(a);
  const y = sortedTags(b);
  return x.length === y.length && x.every((tag, i) => tag === y[i]);
}
