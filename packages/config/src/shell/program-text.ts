import { type Flag, type Flags, flagForms, short } from "../flags.ts";
import { flag, text } from "../option.ts";
import type { Options } from "../options.ts";

/** A program as its completion and its manual page tell of it: the definitions that its command line is read by. */
export interface ProgramText {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** Settings, which have variables and stand in configuration files. */
  readonly settings: Options;
  readonly envPrefix: string;
  /** Where the configuration file is looked for. */
  readonly files: readonly string[];
  /** What the program understands besides. */
  readonly flags: Flags;
  readonly commands: readonly CommandText[];
  /** The section of the manual: 1 for people, 8 for who runs the system. */
  readonly section: 1 | 8;
}

/** One command of a program. */
export interface CommandText {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly flags: Flags;
}

/** What every program understands. */
export function commonFlags(envPrefix: string): Flags {
  return {
    config: text({ value: "FILE", help: `read settings from this YAML file (${envPrefix}CONFIG)` }),
    version: short("V", flag({ help: "print the version" })),
    help: short("h", flag({ help: "print what there is to know, also of a command" })),
  };
}

/** What completes the value of a flag; a text that nobody can know has no completion. */
export type ValueKind = "none" | "text" | "file" | "folder" | "words" | "list";

/** What a flag takes. */
export function kindOf({ value, words }: Flag): ValueKind {
  if (value === undefined) return "none";
  if (words !== undefined) return value === "LIST" ? "list" : "words";
  if (/\bFILE\b/.test(value)) return "file";
  return value === "DIR" ? "folder" : "text";
}

/** A flag with the forms in which it is written. */
export interface NamedFlag {
  readonly forms: readonly string[];
  readonly flag: Flag;
}

/** The flags of a list that are written with dashes. */
export function namedFlags(flags: Flags): readonly NamedFlag[] {
  return Object.entries(flags)
    .map(([name, flag]) => ({ forms: flagForms(name, flag), flag }))
    .filter(({ forms }) => forms.length > 0);
}

/** The words by themselves that a command takes, in their order. */
export function positionals(flags: Flags): readonly Flag[] {
  return Object.values(flags).filter(({ positional }) => positional);
}

/** Settings and flags of the program itself. */
export function programFlags({ settings, flags }: ProgramText): Flags {
  return { ...settings, ...flags };
}
