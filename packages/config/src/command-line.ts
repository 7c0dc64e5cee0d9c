import { JamesError, nearWords } from "@jamesd/model";
import { type Flag, type Flags, flagForms } from "./flags.ts";
import type { Options } from "./options.ts";

/** What may stand on a command line. */
export interface Grammar {
  /** What is being called, for whom the help is: `jamesc status`. */
  readonly called: string;
  /** Where one is given twice, the last counts: scripts put theirs behind others'. */
  readonly settings: Options;
  /** Of one command; they are given once, unless they are repeatable. */
  readonly flags: Flags;
}

/** What stood there. */
export interface CommandLine {
  /** By their names in code: the text of an option, a list of those of a repeatable one, true for a switch. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What is neither a flag nor the value of one. */
  readonly words: readonly string[];
  /** What stands behind `--`; undefined without one. */
  readonly rest: readonly string[] | undefined;
}

/** Where the command stands: the first word that is neither a flag nor the value of a setting; -1 when there is none. */
export function commandIndex(argv: readonly string[], settings: Options): number {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") return -1;
    if (!isFlag(word)) return i;
    const found = Object.entries(settings).find(([name, option]) => flagForms(name, option).includes(word));
    if (found?.[1].value !== undefined) i++;
  }
  return -1;
}

/** Of a command line what its settings are, as they stand there: without the command, its own flags and what is its own. */
export function settingWords(argv: readonly string[], settings: Options): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") break;
    if (!isFlag(word)) continue;
    const { form, attached } = splitAttached(word);
    const found = Object.entries(settings).find(([name, option]) => flagForms(name, option).includes(form));
    if (!found) continue;
    kept.push(word);
    const value = found[1].value !== undefined && attached === undefined ? argv[++i] : undefined;
    if (value !== undefined) kept.push(value);
  }
  return kept;
}

/** Takes a command line apart; the texts are not parsed yet. @throws JamesError USAGE */
export function readCommandLine(argv: readonly string[], grammar: Grammar): CommandLine {
  try {
    return takeApart(argv, grammar);
  } catch (thrown) {
    const { code, message } = JamesError.from(thrown);
    throw new JamesError(code, message, { hint: `See ${grammar.called} --help.` });
  }
}

function takeApart(argv: readonly string[], { settings, flags }: Grammar): CommandLine {
  const known: Flags = { ...settings, ...flags };
  const values: Record<string, unknown> = {};
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") return { values, words, rest: argv.slice(i + 1) };
    if (!isFlag(word)) {
      words.push(word);
      continue;
    }
    const { form, attached } = splitAttached(word);
    const [name, flag] = find(form, known);
    const text = flag.value === undefined ? switchedOn(form, attached) : (attached ?? argv[++i]);
    if (text === undefined) throw usage(`option '${form} <${flag.value}>' argument missing`);
    if (flag.repeatable) values[name] = [...listOf(values[name]), text];
    else if (name in values && name in flags) throw twice(form, values[name], text);
    else values[name] = text;
  }
  return { values, words, rest: undefined };
}

// A dash alone is how people name standard input.
function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

function splitAttached(word: string): { readonly form: string; readonly attached: string | undefined } {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  return at < 0
    ? { form: word, attached: undefined }
    : { form: word.slice(0, at), attached: word.slice(at + 1) };
}

function find(form: string, known: Flags): readonly [string, Flag] {
  const found = Object.entries(known).find(([name, flag]) => flagForms(name, flag).includes(form));
  if (found) return found;
  const [near] = nearWords(
    form,
    Object.entries(known).flatMap(([name, flag]) => flagForms(name, flag)),
  );
  throw usage(`unknown option '${form}'${near === undefined ? "" : ` (Did you mean ${near}?)`}`);
}

function switchedOn(form: string, attached: string | undefined): true {
  if (attached === undefined) return true;
  throw usage(`option '${form}' takes no value`);
}

function listOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [];
}

// Of two the last would win in silence.
function twice(form: string, before: unknown, text: unknown): JamesError {
  return usage(`${form} is given twice: ${before} and ${text}`);
}

function usage(message: string): JamesError {
  return new JamesError("USAGE", message);
}
