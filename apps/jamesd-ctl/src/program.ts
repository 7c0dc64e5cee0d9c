import { type Flags, personalFiles, text } from "@jamesd/config";
import { FORMATS } from "@jamesd/config/print";
import { commonFlags, type ProgramText } from "@jamesd/config/shell";
import type { Command } from "./cli/command.ts";
import { ENV_PREFIX, SETTINGS } from "./cli/settings.ts";
import { VERSION } from "./version.ts";

/** What jamesd-ctl is, in one line. */
export const SUMMARY = "Manages the packets and the devices of a jamesd server.";

/** What the flag `--cmd` is. */
export const CMD_HELP = "the command, as a flag: --cmd get-state is get-state";

/** jamesd-ctl with these commands, as its completion and its manual page tell of it. */
export function programText(commands: readonly Command[]): ProgramText {
  const words = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
  const cmd = text({ value: "COMMAND", help: CMD_HELP, words });
  return {
    ...{ name: "jamesd-ctl", version: VERSION, summary: SUMMARY, section: 1 },
    ...{ settings: SETTINGS, envPrefix: ENV_PREFIX, files: personalFiles("ctl", { HOME: "~" }) },
    flags: { cmd, ...commonFlags(ENV_PREFIX) },
    commands: commands.map((command) => ({ ...command, flags: flagsOf(command) })),
  };
}

function flagsOf({ options, outputsFile }: Command): Flags {
  const help = `the file to write; or ${FORMATS.join(", ")}: how to print`;
  return outputsFile ? { ...options, output: text({ value: "FILE", help }) } : options;
}
