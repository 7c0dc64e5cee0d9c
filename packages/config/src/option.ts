import { JamesError } from "@jamesd/model";
import { LONGEST_TIMER_MS, parseDuration } from "./duration.ts";
import { parseSize } from "./size.ts";

/** One setting of a program: its flag, environment variable, default and help text come from this one place. */
export interface Option<T> {
  /** What stands after the flag in the help text, such as `HOST:PORT`; undefined for a switch. */
  readonly value: string | undefined;
  readonly help: string;
  /** The words that it takes, one or in a `LIST` several, where these are known. */
  readonly words?: readonly string[] | undefined;
  /** Undefined when the option has none: then it is left out of the configuration unless it is given. */
  readonly default: T | undefined;
  /** The default as a person would write it, for the help text. */
  readonly defaultText: string | undefined;
  /** In a configuration file it is a map; `parse` reads it as JSON, which flag and variable write. */
  readonly isMap?: true | undefined;
  /** The file in systemd's `$CREDENTIALS_DIRECTORY` whose path it is when nothing else says one (systemd.exec(5)). */
  readonly credential?: string | undefined;
  /** What it is when nothing says it for this program: what variables of the whole system say. */
  readonly usual?: ((env: NodeJS.ProcessEnv) => T) | undefined;
  /** Reads the text of a flag or variable. @throws JamesError USAGE */
  readonly parse: (text: string) => T;
}

/** An option that always has a value. */
export type PresetOption<T> = Option<T> & { readonly default: T };

interface Described {
  readonly help: string;
  readonly words?: readonly string[];
  readonly value?: string;
}

interface ParsedOption<T> extends Described {
  readonly value: string;
  readonly usual?: (env: NodeJS.ProcessEnv) => T;
  /** @throws JamesError */
  readonly parse: (text: string) => T;
}

interface Preset<T> extends Described {
  readonly default: T;
}

interface Length extends Preset<string> {
  /** An age, which nobody waits for. */
  readonly isAge?: boolean;
  /** The shortest and the longest that it may be, written as the default is. */
  readonly least?: string;
  readonly most?: string;
}

interface Text {
  readonly credential?: string;
  /** Sees what is written before it counts. @throws JamesError */
  readonly check?: (given: string) => unknown;
}

interface Choice<T extends string> {
  readonly help: string;
  readonly choices: readonly T[];
}

/** A text, such as a path or an address. */
export function text(described: Preset<string> & Text): PresetOption<string>;
export function text(described: Described & Text): Option<string>;
export function text(described: Described & Partial<Preset<string>> & Text): Option<string> {
  const parse = (given: string): string => {
    described.check?.(given);
    return given;
  };
  const made = make(described, described.value ?? "TEXT", parse, described.default);
  return { ...made, credential: described.credential };
}

/** A text that is read by a parser of its own; `default` is a value, not a text. */
export function parsed<T>(described: ParsedOption<T> & { readonly default: T }): PresetOption<T>;
export function parsed<T>(described: ParsedOption<T>): Option<T>;
export function parsed<T>({
  value,
  help,
  words,
  usual,
  parse,
  default: preset,
}: ParsedOption<T> & { readonly default?: T }): Option<T> {
  return { value, help, words, default: preset, defaultText: undefined, usual, parse };
}

/** A map, written as such in a configuration file, and as JSON elsewhere; empty when not given. */
export function map<T>(
  described: Described & { readonly parse: (value: unknown) => T; readonly default: T },
) {
  const parse = (given: string): T => described.parse(parseJson(given));
  const made = parsed({ value: "JSON", ...described, parse, default: described.default });
  return { ...made, isMap: true } as const satisfies PresetOption<T>;
}

/** A comma-separated list; empty when not given. */
export function list(described: Described): PresetOption<readonly string[]> {
  return { ...make(described, described.value ?? "A,B", splitList, undefined), default: [] };
}

/**
 * A length of time such as `30s`, kept in milliseconds; `default` is written the same way. At most what a timer counts,
 * unless it is an age.
 */
export function duration({ isAge = false, least = "0ms", most, ...described }: Length) {
  const longest = isAge ? undefined : LONGEST_TIMER_MS;
  const longestMs = most === undefined ? longest : parseDuration(most, longest);
  const leastMs = parseDuration(least);
  const parse = (given: string): number => parseDuration(given, longestMs, leastMs);
  const made = make(described, described.value ?? "TIME", parse, described.default);
  return { ...made, default: parse(described.default) } satisfies PresetOption<number>;
}

/** A number of bytes such as `500KiB`; `default` is written the same way. */
export function size(described: Preset<string>): PresetOption<number>;
export function size(described: Described): Option<number>;
export function size(described: Described & Partial<Preset<string>>): Option<number> {
  const { value = "SIZE", default: preset } = described;
  const made = make(described, value, parseSize, preset);
  return { ...made, default: preset === undefined ? undefined : parseSize(preset) };
}

/** A whole number from 1 on; `default` is written the same way. */
export function count(described: Preset<string>): PresetOption<number> {
  const preset = parseCount(described.default);
  return { ...make(described, described.value ?? "N", parseCount, described.default), default: preset };
}

/** A switch: given or not. */
export function flag(described: { readonly help: string }): PresetOption<boolean> {
  return {
    value: undefined,
    help: described.help,
    default: false,
    defaultText: undefined,
    parse: parseBoolean,
  };
}

/** One of a few words. */
export function choice<const T extends string>(described: Choice<T> & Preset<NoInfer<T>>): PresetOption<T>;
export function choice<const T extends string>(described: Choice<T>): Option<T>;
export function choice<const T extends string>({
  help,
  choices,
  default: preset,
}: Choice<T> & Partial<Preset<NoInfer<T>>>): Option<T> {
  const parse = (given: string): T => {
    const found = choices.find((word) => word === given);
    if (found !== undefined) return found;
    throw new JamesError("USAGE", `${JSON.stringify(given)} is not one of ${choices.join(", ")}`);
  };
  return make({ help, words: choices }, choices.join("|"), parse, preset);
}

function make<T>(
  described: Described,
  value: string,
  parse: (text: string) => T,
  defaultText: string | undefined,
): Option<T> {
  // The default goes through `parse` as well, so that it is bound by the same rules as what people write.
  const preset = defaultText === undefined ? undefined : parse(defaultText);
  return { value, help: described.help, words: described.words, default: preset, defaultText, parse };
}

function parseJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch (cause) {
    throw new JamesError("USAGE", `${given} is not JSON: ${(cause as Error).message}`, {
      hint: "Write it as a map in the configuration file, or as JSON.",
      cause,
    });
  }
}

function splitList(given: string): readonly string[] {
  return given
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** Reads a whole number from 1 on. @throws JamesError USAGE */
export function parseCount(given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new JamesError("USAGE", `${JSON.stringify(given)} is not a whole number from 1 on`, {
    hint: "Write 1 or more, or leave it out.",
  });
}

function parseBoolean(given: string): boolean {
  const word = given.toLowerCase();
  if (["1", "true", "yes", "on"].includes(word)) return true;
  if (["0", "false", "no", "off", ""].includes(word)) return false;
  throw new JamesError("USAGE", `${JSON.stringify(given)} is neither true nor false`);
}
