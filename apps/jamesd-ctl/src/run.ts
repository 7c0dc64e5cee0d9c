import type { Readable } from "node:stream";
import { type Flag, flagForms, type Output, printable, reportError } from "@jamesd/config";
import { addFlags, addOptions, readCommandFlags, readOptions, runCommand } from "@jamesd/config/commander";
import { painter } from "@jamesd/config/print";
import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import { Command as Commander } from "commander";
import { commandFirst, type Vocabulary, withFlagsOfToday } from "./cli/argv.ts";
import type { Command } from "./cli/command.ts";
import { failureCode } from "./cli/exit-code.ts";
import { chooseOutput, usualFormat } from "./cli/output.ts";
import { print } from "./cli/print.ts";
import type { Screen } from "./cli/screen.ts";
import { ENV_PREFIX, openClient, SETTINGS, settingsSources } from "./cli/settings.ts";
import { takeWord } from "./cli/word.ts";
import { COMMAND_GROUPS, COMMANDS, type CommandGroup } from "./commands/index.ts";
import { CMD_HELP, SUMMARY } from "./program.ts";
import { VERSION } from "./version.ts";

/** The world around one run of the program, handed in. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
  /** Standard error is a terminal. */
  readonly isTerminal: boolean;
  /** Undefined: standard output is no terminal. */
  readonly screen?: Screen | undefined;
  readonly stdin: Readable;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

const PROGRAM = "jamesd-ctl";
/** What a shell reports of a program that SIGINT ended: 128 and the signal's number. */
export const INTERRUPTED = 130;

/** Runs jamesd-ctl with the arguments after the program's name. @returns the exit code */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { output, signal } = surroundings;
  try {
    let told: number | undefined;
    const tell = (code: number): void => {
      told = code;
    };
    const words = wordsOfToday(helpWords(commandFirst(argv, vocabulary())));
    const program = makeProgram(groupsFor(words), surroundings, tell);
    if (words.length === 0) throw noCommand(program, output);
    const code = await runCommand(program, words, output);
    if (signal.aborted) return INTERRUPTED;
    return code === 0 ? (told ?? 0) : failureCode(code, argv);
  } catch (thrown) {
    return failureCode(reportError(PROGRAM, thrown, output), argv);
  }
}

/** Help about what is no command is asked for as that command: commander then says that it is none, and the nearest. */
function helpWords(words: readonly string[]): readonly string[] {
  const [first, second = "-"] = words;
  const isUnknown = first === "help" && !second.startsWith("-") && !vocabulary().commands.has(second);
  return isUnknown ? words.slice(1) : words;
}

function wordsOfToday(words: readonly string[]): readonly string[] {
  const formerly = called(words)?.command.formerly;
  return formerly ? withFlagsOfToday(words, formerly, vocabulary()) : words;
}

/** The commands that a command line is about: the one that it names, else all of them. */
function groupsFor(words: readonly string[]): readonly CommandGroup[] {
  const found = called(words);
  return found ? [{ heading: found.heading, commands: [found.command] }] : COMMAND_GROUPS;
}

/** The command that a command line names, by its name or another. */
function called([name = ""]: readonly string[]) {
  for (const { heading, commands } of COMMAND_GROUPS) {
    const command = commands.find((one) => one.name === name || one.aliases.includes(name));
    if (command) return { heading, command };
  }
  return undefined;
}

/** @param tell is told the exit code of a command that says more than that all is well */
function makeProgram(
  groups: readonly CommandGroup[],
  surroundings: Surroundings,
  tell: (code: number) => void,
): Commander {
  const program = new Commander(PROGRAM)
    .description(SUMMARY)
    .version(VERSION, "-V, --version", "print the version")
    .configureHelp({ showGlobalOptions: true })
    .option("--cmd <COMMAND>", CMD_HELP);
  addOptions(program, SETTINGS, ENV_PREFIX);
  for (const { heading, commands } of groups)
    for (const command of commands) addCommand(program, command, surroundings, tell).helpGroup(heading);
  return program;
}

function addCommand(
  program: Commander,
  command: Command,
  surroundings: Surroundings,
  tell: (code: number) => void,
): Commander {
  const made = program
    .command(command.name)
    .aliases(command.aliases)
    .description(command.summary)
    .allowExcessArguments();
  // For the help: it is read with the settings of every command.
  if (command.outputsFile)
    made.option("--output <FILE>", "the file to write; or yaml, json or table: how to print");
  return addFlags(made, command.options).action(async () => {
    const code = await act(command, made, surroundings);
    if (code !== undefined) tell(code);
  });
}

/** Reads the command's words, does it, prints what came of it. @returns the exit code of its result */
async function act(
  command: Command,
  commander: Commander,
  surroundings: Surroundings,
): Promise<number | undefined> {
  const { env, output, isTerminal, screen, stdin, signal } = surroundings;
  const settings = await readOptions(commander, SETTINGS, settingsSources(env));
  takeWord({
    command: command.name,
    flags: command.options,
    values: commander.opts(),
    words: commander.args,
    wordFlag: command.word,
    set: (name, word) => commander.setOptionValue(name, word),
  });
  const flags = readCommandFlags(commander, command.options);
  const { format, file } = chooseOutput(command, settings.output, commander.optsWithGlobals().output);
  const paint = painter(settings.color, { isTerminal: screen !== undefined, env });
  let client: Client | undefined;
  const connect = (): Client => {
    client ??= openClient(settings, env, (text) => output.err(`${PROGRAM}: ${printable(text)}\n`));
    return client;
  };
  const note = (line: string): void => output.err(`${printable(line)}\n`);
  try {
    const result = await command.handler(flags, { connect, note, isTerminal, stdin, signal, file });
    await print(result, { format: format ?? usualFormat(result, command), paint, screen, output });
    return "exitCode" in result ? result.exitCode : undefined;
  } catch (thrown) {
    // An interrupted command has nothing to report; its exit code says it.
    if (!signal.aborted) throw inWordsOf(command, thrown);
    return undefined;
  } finally {
    client?.close();
  }
}

/** The server knows which request was forbidden, or not known; people know the command. */
function inWordsOf({ name }: Command, thrown: unknown): unknown {
  if (!(thrown instanceof JamesError)) return thrown;
  const { code, message, hint } = thrown;
  if (code === "ROLE_FORBIDDEN") {
    const said = message.replace(/ and may not [A-Z]+ \/\S+$/, ` and may not use ${name}`);
    return new JamesError(code, said, { hint, cause: thrown });
  }
  if (hint !== undefined || !isOfLaterVersion(thrown)) return thrown;
  return new JamesError(code, message, { hint: OLDER_SERVER, cause: thrown });
}

const OLDER_SERVER =
  "The server is older than this jamesd-ctl and does not know that, so nothing was changed; see jamesd-ctl version.";

/** True of what a server of an earlier version says to a request that it does not know, or not with all that is in it. */
function isOfLaterVersion({ code, message }: JamesError): boolean {
  if (code === "ROUTE_UNKNOWN") return true;
  return code === "REQUEST_INVALID" && /Unrecognized key|has no query parameter/.test(message);
}

function vocabulary(): Vocabulary {
  const flags = [SETTINGS, ...COMMANDS.map((command) => command.options)].flatMap(
    (options): [string, Flag][] => Object.entries(options),
  );
  const formsOf = (some: typeof flags): readonly string[] =>
    some.flatMap(([name, flag]) => flagForms(name, flag));
  return {
    commands: new Set(["help", ...COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases])]),
    valued: new Set([...formsOf(flags.filter(([, flag]) => flag.value !== undefined)), "--config"]),
    flags: new Set([...formsOf(flags), "--config", "--help", "-h", "--version", "-V"]),
  };
}

function noCommand(program: Commander, output: Output): JamesError {
  output.err(program.helpInformation());
  return new JamesError("USAGE", "no command is given", { hint: "Start with list-systems or list-packets." });
}
