import {
  commandIndex,
  type GivenFlags,
  type GivenValues,
  type HelpItem,
  type Output,
  readCommandLine,
  readFlags,
  readValuesLean,
  reportError,
  settingsFiles,
} from "@jamesd/config";
import type { Format } from "@jamesd/config/print";
import { JamesError, nearWords } from "@jamesd/model";
import type { Answer, Command, Context } from "./cli/command.ts";
import { commandHelp, programHelp } from "./cli/help.ts";
import { flagsOf, outputFlag } from "./cli/output-flag.ts";
import { PROGRAM_OPTIONS } from "./cli/program-options.ts";
import { COMMANDS } from "./commands/index.ts";
import { interpretOnly } from "./compilers.ts";
import { CONFIG_FILES, checkSettings, ENV_PREFIX, OPTIONS } from "./config.ts";
import { joinFirst } from "./join-first.ts";
import { codedError } from "./transaction/disk/device-error.ts";
import { VERSION } from "./version.ts";

const PROGRAM = "jamesc";
const SETTINGS = { ...OPTIONS, ...PROGRAM_OPTIONS };
const SOURCES = { envPrefix: ENV_PREFIX, files: CONFIG_FILES };

/** Runs jamesc with the arguments after the program's name. @returns the exit code */
export async function run(argv: readonly string[], output: Output, env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const words = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
    const at = commandIndex(words, SETTINGS);
    if (at < 0) return await runDaemon(words, output, env);
    const command = await loadCommand(words, at);
    return await runCommand(command, words.toSpliced(at, 1), output, env);
  } catch (thrown) {
    return reportError(PROGRAM, codedError(thrown), output);
  }
}

async function runDaemon(argv: readonly string[], output: Output, env: NodeJS.ProcessEnv): Promise<number> {
  const { values, rest } = readCommandLine(argv, { called: PROGRAM, settings: SETTINGS, flags: {} });
  if (values.help) return told(programHelp(PROGRAM, commandItems()), output);
  if (values.version) return told(`${VERSION}\n`, output);
  refuseRest(PROGRAM, rest);
  interpretOnly();
  const settings = await readSettings(values, env);
  const config = configFile(values, env);
  if (!(await joinFirst(settings, config, env, settings.once))) return 0;
  const { start } = await import("./start.ts");
  await start(checkSettings(settings, config), env);
  return 0;
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  output: Output,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { name, options, format } = command;
  const called = `${PROGRAM} ${name}`;
  const flags = flagsOf(command);
  const line = readCommandLine(argv, { called, settings: SETTINGS, flags });
  if (line.values.help)
    return told(commandHelp(PROGRAM, COMMANDS[name]?.summary ?? "", { ...command, options: flags }), output);
  if (command.rest === undefined) refuseRest(called, line.rest);
  const given = { ...line, name, called };
  checkWords(given, command);
  const { output: printed } = readFlags(given, outputFlag(format ?? "table"));
  const context: Context = {
    values: await readSettings(line.values, env),
    configFile: configFile(line.values, env),
    env,
    output,
    rest: line.rest ?? [],
  };
  return await print(await command.handler(readFlags(given, options), context), printed, output);
}

async function print(result: Answer, format: Format, output: Output): Promise<number> {
  if ("exitCode" in result) return result.exitCode;
  // It brings YAML with it, which the daemon is to do without.
  const { printResult } = await import("@jamesd/config/print");
  output.out(await printResult(result, format));
  if (result.failure) throw result.failure;
  return 0;
}

async function loadCommand(words: readonly string[], at: number): Promise<Command> {
  const name = words[at] ?? "";
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found) return await found.load();
  // It may be the value of a flag that was misspelt.
  readCommandLine(words.slice(0, at), { called: PROGRAM, settings: SETTINGS, flags: {} });
  const [near] = nearWords(name, Object.keys(COMMANDS));
  const meant = near === undefined ? "" : ` (Did you mean ${near}?)`;
  throw new JamesError("USAGE", `unknown command '${name}'${meant}`, { hint: `See ${PROGRAM} --help.` });
}

function commandItems(): readonly HelpItem[] {
  return Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary]);
}

function readSettings(given: GivenValues, env: NodeJS.ProcessEnv) {
  return readValuesLean(given, OPTIONS, { ...SOURCES, env });
}

function configFile(given: GivenValues, env: NodeJS.ProcessEnv): string | undefined {
  const { paths, isNamed } = settingsFiles(given, { ...SOURCES, env });
  return isNamed ? paths[0] : undefined;
}

function told(text: string, output: Output): number {
  output.out(text);
  return 0;
}

function checkWords({ words, called }: GivenFlags, { options }: Command): void {
  const taken = Object.values(options).filter(({ positional }) => positional).length;
  if (words.length <= taken) return;
  throw new JamesError("USAGE", `${JSON.stringify(words[taken])} belongs to no option`, {
    hint: `See ${called} --help.`,
  });
}

function refuseRest(called: string, rest: readonly string[] | undefined): void {
  if (rest === undefined || rest.length === 0) return;
  throw new JamesError("USAGE", `${called} takes nothing behind --`, { hint: `See ${called} --help.` });
}
