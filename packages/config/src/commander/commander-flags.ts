import { JamesError } from "@jamesd/model";
import { type Command, Option as CommandOption } from "commander";
import { type Flags, type FlagValues, flagForm, readFlags, usageForm } from "../flags.ts";
import { flagHelp } from "../options.ts";

/** Adds the flags to a commander command. */
export function addFlags(command: Command, flags: Flags): Command {
  for (const [name, flag] of Object.entries(flags)) {
    // Optional for commander, so that all that is missing is said in one way.
    if (flag.positional) {
      command.argument(`[${flag.value}]`, flag.help);
      continue;
    }
    const made = new CommandOption(usageForm(name, flag), flagHelp(flag));
    if (flag.repeatable) made.argParser(collected);
    else if (flag.value !== undefined) made.argParser(once(flagForm(name, flag)));
    // Commander reads `--no-x` as "x is false"; here every flag is called what it is called.
    made.negate = false;
    command.addOption(made);
  }
  return command;
}

/** `readFlags` of what commander found. @throws JamesError as `readFlags` */
export function readCommandFlags<F extends Flags>(command: Command, flags: F): FlagValues<F> {
  const called = [command.parent?.name() ?? [], command.name()].flat().join(" ");
  return readFlags({ values: command.opts(), words: command.args, name: command.name(), called }, flags);
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

// Of two `--tags` the last would win in silence, and a packet cannot be changed once it is there.
function once(long: string) {
  return (value: string, before: string | undefined): string => {
    if (before === undefined) return value;
    throw new JamesError("USAGE", `${long} is given twice: ${before} and ${value}`, {
      hint: "Give it once.",
    });
  };
}
