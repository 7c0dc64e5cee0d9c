import type { Readable } from "node:stream";
import type { Flags, FlagValues } from "@jamesd/config";
import type { Format, Result as Printed } from "@jamesd/config/print";
import type { Client } from "@jamesd/protocol";

/** What a command gives back; the printer prints it. */
export interface Result extends Printed {
  /** What the exit code says where there is no failure; left out, that all is well. */
  readonly exitCode?: number | undefined;
  /** Lines around a table. */
  readonly head?: readonly string[];
  readonly foot?: readonly string[];
  /** What a table comes to, in one line; for people, on a terminal. */
  readonly summary?: string;
  /** What is to be told on standard error after it has been printed. */
  readonly notes?: readonly string[];
}

/** What a command gives back that changes: each is shown in place of the one before, on a terminal. */
export interface Views {
  readonly views: AsyncIterable<Result>;
  /** They end by themselves: the last one counts, and elsewhere than on a terminal it is printed. */
  readonly areBounded?: true;
}

/** What a command gives back that has no end, or a long one: printed as it comes. */
export interface Lines {
  readonly lines: AsyncIterable<Line>;
}

/** One thing: for `--output json` on a line of its own, for `yaml` an item of a list. */
export interface Line {
  readonly data: unknown;
  /** For `--output table`: a line, or several. */
  readonly text: readonly string[];
}

/** What a command gives back that is no data: printed as it is, whatever `--output` says. */
export interface Plain {
  readonly plain: string;
}

/** What a command gives back that the camera of a phone is to read, unless it is asked for as data. */
export interface Link {
  readonly data: unknown;
  readonly link: string;
}

/** What a command may use of the world. */
export interface Context {
  /** The connection to the server; made at the first call, so that what is wrong locally is said before. */
  readonly connect: () => Client;
  /** Writes a line for people on standard error. */
  readonly note: (line: string) => void;
  /** Standard error is a terminal: a progress bar is welcome. */
  readonly isTerminal: boolean;
  readonly stdin: Readable;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The file that `--output` names, for a command with `outputsFile`. */
  readonly file: string | undefined;
}

/** All that a command may give back. */
export type Answer = Result | Lines | Views | Plain | Link;

/** One verb of the command line. */
export interface Command<F extends Flags = Flags> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly options: F;
  readonly defaultFormat: Format;
  /** The flag that a word by itself is for, where none is required. */
  readonly word?: string;
  /** Flags that were called otherwise in earlier versions, by their names then: still taken, shown nowhere. */
  readonly formerly?: Readonly<Record<string, string>>;
  /** `--output` may name a file as well. */
  readonly outputsFile?: true;
  handler(flags: FlagValues<F>, context: Context): Promise<Answer>;
}

/** Ties a command's handler to the types of its flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}
