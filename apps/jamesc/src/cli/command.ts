import type { Flags, FlagValues, Output, Values } from "@jamesd/config";
import type { Format, Result } from "@jamesd/config/print";
import type { OPTIONS } from "../config.ts";

/** What a command may use of the world. */
export interface Context {
  /** The agent's settings, as the daemon would have them; `checkSettings` checks those that only a running agent needs. */
  readonly values: Values<typeof OPTIONS>;
  /** The configuration file that was named; undefined: the usual one, if it is there. */
  readonly configFile: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
  /** What stands behind `--`. */
  readonly rest: readonly string[];
}

/** What a command gives back: something to print, or the exit code of what it ran. */
export type Answer = Result | { readonly exitCode: number };

/** What `jamesc COMMAND` does. */
export interface Command<F extends Flags = Flags> {
  readonly name: string;
  /** Its own flags; it takes the agent's settings besides. */
  readonly options: F;
  /** How results are printed unless `--output` says it; left out, the command prints none. */
  readonly format?: Format;
  /** It takes words behind `--`; what they are called in the help. */
  readonly rest?: string;
  handler(flags: FlagValues<F>, context: Context): Promise<Answer>;
}

/** Ties a command's handler to the types of its flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}
