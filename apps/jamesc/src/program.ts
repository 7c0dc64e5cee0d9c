import type { ProgramText } from "@jamesd/config/shell";
import { SUMMARY } from "./cli/help.ts";
import { flagsOf } from "./cli/output-flag.ts";
import { PROGRAM_OPTIONS } from "./cli/program-options.ts";
import { COMMANDS } from "./commands/index.ts";
import { CONFIG_FILES, ENV_PREFIX, OPTIONS } from "./config.ts";
import { VERSION } from "./version.ts";

/** jamesc as its completion and its manual page tell of it; loads every command. */
export async function describeProgram(): Promise<ProgramText> {
  const commands = Object.entries(COMMANDS).map(async ([name, { summary, load }]) => {
    return { name, aliases: [], summary, flags: flagsOf(await load()) };
  });
  return {
    ...{ name: "jamesc", version: VERSION, summary: SUMMARY, section: 8 },
    ...{ settings: OPTIONS, envPrefix: ENV_PREFIX, files: CONFIG_FILES, flags: PROGRAM_OPTIONS },
    commands: await Promise.all(commands),
  };
}
