import { type Command, Option as CommandOption } from "commander";
import { type FileSettings, readSettings } from "../file.ts";
import { usageForm } from "../flags.ts";
import {
  knownSettings,
  type Options,
  optionHelp,
  readValues,
  type Sources,
  settingsFiles,
  type Values,
} from "../options.ts";

/** Adds each option, and `--config`, to a commander command, with its default and variable in the help text. */
export function addOptions(command: Command, options: Options, envPrefix: string): Command {
  for (const [name, option] of Object.entries(options)) {
    const made = new CommandOption(usageForm(name, option), optionHelp(name, option, envPrefix));
    // Commander reads `--no-x` as "x is false"; here every option is called what it is called.
    made.negate = false;
    command.addOption(made);
  }
  return command.option("--config <FILE>", `read settings from this YAML file (${envPrefix}CONFIG)`);
}

/** `readValues` of the flags that commander found. @throws JamesError as `readValues` */
export async function readOptions<O extends Options>(
  command: Command,
  options: O,
  sources: Sources,
): Promise<Values<O>> {
  const flags = command.optsWithGlobals();
  const { paths, isNamed } = settingsFiles(flags, sources);
  const known = knownSettings(options);
  const found: FileSettings[] = [];
  // Those that do not count are read as well: what is wrong in them is said before it counts.
  for (const path of paths) found.push(await readSettings(path, known, isNamed));
  return readValues(flags, options, sources, found.find(({ size }) => size > 0) ?? new Map());
}
