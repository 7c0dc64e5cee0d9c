import { JamesError } from "./error.ts";

/** One tag such as `armv7l`, `glibc-2.23` or `v1.0.0`: letters with their marks and digits of any script, signs of ASCII, no whitespace, no comma, 1 to 128 characters. */
export type Tag = string;

/** Longest tag or packet name, in characters. */
export const MAX_WORD = 128;

/** What `isWord` wants, for hints. */
export const WORD_RULE = `1 to ${MAX_WORD} letters with their marks and digits of any script and signs of ASCII`;

// Printable ASCII and letters of any script, with the marks that Devanagari, Thai and others write on them; controls, spaces,
// commas and invisible characters (among them a few that Unicode counts as letters, such as the Hangul filler) would make
// two tags that look alike differ.
const ASCII_WORD = /^[!-+\--~]+$/;
const wordOfAnyScript = (): RegExp =>
  /^(?:(?!\p{Default_Ignorable_Code_Point})(?:\p{L}\p{M}*|[\p{N}!-+\--~]))+$/u;

/**
 * Marks that are as good as unseen, in a text whose letters are in pieces (NFD): the same one twice, more than four, a dot on
 * what has one or looks as if it had; and those that strike through or enclose, with which a letter looks like another, or
 * that are hidden. The first three as in https://www.unicode.org/reports/tr39/#Optional_Detection
 */
const deceptiveMarks = (): RegExp =>
  /(\p{M})\1|\p{M}{5}|[\p{Soft_Dotted}\u0131\u0237l]\p{M}*\u0307|[\u0334-\u0338\u20d0-\u20f0]|\p{Me}|(?=\p{M})\p{Default_Ignorable_Code_Point}/u;

/** Checks one tag. @throws JamesError TAG_INVALID that names the tag. */
export function parseTag(text: string): Tag {
  if (isWord(text)) return text;
  throw new JamesError("TAG_INVALID", `${JSON.stringify(text)} is not a tag`, {
    hint: hintOf(text, `A tag has ${WORD_RULE}, no whitespace and no comma; separate tags with commas.`),
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
  return checkedName(text, "a packet name");
}

/** Checks the id of a spec, which is a word as the name of a packet is. @throws JamesError NAME_INVALID */
export function parseSpecId(text: string): string {
  return checkedName(text, "an id of a spec");
}

function checkedName(text: string, what: string): string {
  if (isName(text)) return text;
  throw new JamesError("NAME_INVALID", `${JSON.stringify(text)} is not ${what}`, {
    hint: hintOf(
      text,
      `A name has ${WORD_RULE}, no whitespace, comma or slash, and starts with neither "." nor "-".`,
    ),
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
  return ASCII_WORD.test(text) || isWordOfAnyScript(text);
}

/** True for a word that agents of before would refuse in the tags of a packet: it has marks. */
export function hasMarks(word: string): boolean {
  return !ASCII_WORD.test(word) && /\p{M}/u.test(word);
}

function isWordOfAnyScript(text: string): boolean {
  if (!wordOfAnyScript().test(text) || text !== text.normalize("NFC")) return false;
  return !deceptiveMarks().test(text.normalize("NFD"));
}

/** What to do about a text that is no word only for its letters are in pieces, as macOS writes names; what to do about others. */
function hintOf(text: string, other: string): string {
  const whole = text.normalize("NFC");
  if (whole === text || !isWord(whole)) return other;
  return `Its letters and their marks are apart; write it in Unicode's form NFC: ${JSON.stringify(whole)}.`;
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
