import { JamesError } from "@jamesd/model";
import type { Option, PresetOption } from "./option.ts";
import { flagName } from "./options.ts";

/** What is asked for once, such as a flag of one command. Unlike the program's settings it comes from the command line only. */
export type Flag = Option<unknown> & {
  readonly required?: true;
  readonly repeatable?: true;
  /** A word of its own, without a flag before it. */
  readonly positional?: true;
  /** One letter that is the flag as well, as in `-f`. */
  readonly short?: string;
};
export type Flags = { readonly [name: string]: Flag };
export type RequiredFlag<T> = Option<T> & { readonly required: true };
export type RepeatableFlag<T> = Option<T> & { readonly repeatable: true };

/** The values of `Flags`, lists of those that are repeatable: one that is neither required nor has a default may be missing. */
export type FlagValues<F extends Flags> = {
  readonly [N in keyof F]: F[N] extends RepeatableFlag<infer T>
    ? readonly T[]
    : F[N] extends RequiredFlag<infer T>
      ? T
      : F[N] extends PresetOption<infer T>
        ? T
        : F[N] extends Option<infer T>
          ? T | undefined
          : never;
};

/** Makes a flag one that must be given. */
export function required<T>(option: Option<T>): RequiredFlag<T> {
  return { ...option, required: true };
}

/** Makes a flag a word that stands by itself; of several the order counts. */
export function positional<T>(option: Option<T>): RequiredFlag<T> & { readonly positional: true } {
  return { ...required(option), positional: true };
}

/** Makes a flag one that may be given several times: its value is a list, empty when it is not given. */
export function repeatable<T>(option: Option<T>): RepeatableFlag<T> {
  return { ...option, repeatable: true };
}

/** Gives a flag a letter. */
export function short<O extends Option<unknown>>(letter: string, option: O): O & { readonly short: string } {
  return { ...option, short: letter };
}

/** How a flag is written: `--name`, or `FILE` for a word by itself. */
export function flagForm(name: string, { positional, value = "" }: Flag): string {
  return positional ? value : `--${flagName(name)}`;
}

/** All forms of a flag: `-h` and `--help`; none of a word by itself. */
export function flagForms(name: string, flag: Flag): readonly string[] {
  if (flag.positional) return [];
  return [...(flag.short === undefined ? [] : [`-${flag.short}`]), flagForm(name, flag)];
}

/** A flag with its value, as help shows it: `-f, --file <FILE>`. */
export function usageForm(name: string, flag: Flag): string {
  if (flag.positional) return flagForm(name, flag);
  const forms = flagForms(name, flag).join(", ");
  return flag.value === undefined ? forms : `${forms} <${flag.value}>`;
}

/** What a command line gave a command. */
export interface GivenFlags {
  /** The texts by the flags' names in code; true for a switch, lists for what is repeatable. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  /** The command's name, by itself and as it is called: `apply` and `jamesd-ctl apply`. */
  readonly name: string;
  readonly called: string;
}

/**
 * Reads what was found on a command line. That a flag is missing is found here, not by who took the line apart, which
 * would say so before it speaks of a flag that was misspelt. @throws JamesError USAGE, or that of the flag's own parser,
 * naming the flag
 */
export function readFlags<F extends Flags>(given: GivenFlags, flags: F): FlagValues<F> {
  const words = given.words.values();
  const values = Object.entries(flags).map(([name, flag]) => {
    const value = flag.positional ? words.next().value : given.values[name];
    if (flag.repeatable) return [name, allOf(value).map((one) => parseFlag(name, flag, one))];
    if (typeof value === "string") return [name, parseFlag(name, flag, value)];
    if (value === undefined && flag.required) throw missing(given, name, flag);
    return [name, value ?? flag.default];
  });
  return Object.fromEntries(values) as FlagValues<F>;
}

function parseFlag(name: string, flag: Flag, value: string): unknown {
  try {
    return flag.parse(value);
  } catch (cause) {
    const error = JamesError.from(cause, "USAGE");
    const message = `${flagForm(name, flag)}: ${error.message}`;
    throw new JamesError(error.code, message, { hint: error.hint, cause });
  }
}

function allOf(given: unknown): readonly string[] {
  return Array.isArray(given) ? given : [];
}

function missing({ name: command, called }: GivenFlags, name: string, flag: Flag): JamesError {
  const form = flag.positional ? flag.value : `${flagForm(name, flag)} ${flag.value ?? ""}`.trimEnd();
  return new JamesError("USAGE", `${command} needs ${form}`, { hint: `See ${called} --help.` });
}
