import { JamesError } from "@jamesd/model";
import { type Command, CommanderError } from "commander";
import { type Output, reportError } from "../report.ts";

/**
 * Parses the arguments and runs the command's action; every failure ends as one message and an exit code.
 * `argv` is without the program's name. @returns the exit code
 */
export async function runCommand(command: Command, argv: readonly string[], output: Output): Promise<number> {
  let refusing = command;
  for (const each of [command, ...command.commands]) quieten(each, output, () => (refusing = each));
  try {
    await command.parseAsync(argv, { from: "user" });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      const asked = refusing === command ? command.name() : `${command.name()} ${refusing.name()}`;
      return usageExit(command.name(), naming(thrown, refusing), `See ${asked} --help.`, output);
    }
    return reportError(command.name(), thrown, output);
  }
}

/** Commander counts the words that are too many, and names none. */
function naming(error: CommanderError, { args, registeredArguments, commands }: Command): CommanderError {
  const word = args[registeredArguments.length];
  if (error.code !== "commander.excessArguments" || word === undefined) return error;
  const what =
    commands.length > 0 ? `unknown command '${word}'` : `${JSON.stringify(word)} belongs to no option`;
  return new CommanderError(error.exitCode, error.code, what);
}

// Commander prints its own errors and exits by default; here it must do neither.
function quieten(command: Command, output: Output, onError: () => void): void {
  command
    .exitOverride((error) => {
      onError();
      throw error;
    })
    .configureOutput({ writeOut: output.out, writeErr: output.out, outputError: () => undefined });
}

function usageExit(program: string, error: CommanderError, hint: string, output: Output): number {
  if (error.exitCode === 0) return 0;
  // Commander puts its "(Did you mean …?)" on a line of its own.
  const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
  const usage = new JamesError("USAGE", message, { hint });
  return reportError(program, usage, output);
}
