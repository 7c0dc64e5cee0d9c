import { type Flags, flagForm } from "@jamesd/config";
import { JamesError } from "@jamesd/model";

/** What a command was given: its name, its flags, their values as far as they were given, and words without a flag. */
export interface Given {
  readonly command: string;
  readonly flags: Flags;
  readonly values: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  /** The flag that a word is for where the command requires none. */
  readonly wordFlag?: string | undefined;
  /** Gives a flag a value, as if it had been written. */
  readonly set: (name: string, value: string) => void;
}

/** What a word without a flag is most often meant for. */
const LIKELY = ["id", "file", "name", "to", "revision", "app"];

/**
 * Takes the one word without a flag for the flag that the command lacks, as in `get-device device-7`; where it may be meant
 * for several, or more words are there, it says so. @throws JamesError USAGE
 */
export function takeWord(given: Given): void {
  const taken = Object.values(given.flags).filter(({ positional }) => positional).length;
  const [word, ...more] = given.words.slice(taken);
  if (word === undefined) return;
  const lacking = Object.keys(given.flags).filter(
    (name) =>
      (given.flags[name]?.required || name === given.wordFlag) &&
      !given.flags[name]?.positional &&
      !(name in given.values),
  );
  const [only = ""] = lacking;
  if (more.length === 0 && lacking.length === 1 && LIKELY.includes(only) && taken === 0)
    return void given.set(only, word);
  throw new JamesError("USAGE", `${JSON.stringify(word)} belongs to no option`, {
    hint:
      listHint(given, [word, ...more]) ?? flagHint(given, word) ?? `See jamesd-ctl ${given.command} --help.`,
  });
}

/** A list that was written with blanks. */
function listHint({ flags, values }: Given, words: readonly string[]): string | undefined {
  const name = Object.keys(flags).find((name) => flags[name]?.value === "LIST" && name in values);
  if (name === undefined || flags[name] === undefined) return undefined;
  const list = [
    String(values[name]).replace(/,$/, ""),
    ...words.map((word) => word.replaceAll(/^,|,$/g, "")),
  ];
  return `Lists such as tags are joined with commas, without blanks: ${flagForm(name, flags[name])} ${list.join(",")}.`;
}

function flagHint({ flags, values }: Given, word: string): string | undefined {
  const free = LIKELY.filter((name) => name in flags && !(name in values));
  const needed = free.find((name) => flags[name]?.required);
  const name = /\/|\.(ya?ml|json)$/.test(word) && free.includes("file") ? "file" : (needed ?? free[0]);
  const flag = name === undefined ? undefined : flags[name];
  if (name === undefined || !flag || flag.positional) return undefined;
  return `Did you mean ${flag.short === undefined ? flagForm(name, flag) : `-${flag.short}`} ${word}?`;
}
