import { flagForm, flagItems, type HelpItem, helpText, settingItems } from "@jamesd/config";
import { ENV_PREFIX, OPTIONS } from "../config.ts";
import type { Command } from "./command.ts";
import { PROGRAM_OPTIONS } from "./program-options.ts";

/** What jamesc is, in one line. */
export const SUMMARY = "The agent of jamesd: reports what this device has and installs what it should have.";

const SETTINGS = {
  heading: "Options",
  items: [...settingItems(OPTIONS, ENV_PREFIX), ...flagItems(PROGRAM_OPTIONS)],
};

/** What `jamesc --help` says; of each command its name and what it does. */
export function programHelp(program: string, commands: readonly HelpItem[]): string {
  return helpText({
    usage: `${program} [options] [command]`,
    summary: SUMMARY,
    lists: [{ heading: "Commands", items: commands }, SETTINGS],
  });
}

/** What `jamesc COMMAND --help` says. */
export function commandHelp(program: string, summary: string, { name, options, rest }: Command): string {
  const words = Object.entries(options).flatMap(([key, flag]) =>
    flag.positional ? [flagForm(key, flag)] : [],
  );
  const behind = rest === undefined ? [] : ["--", rest];
  return helpText({
    usage: [program, name, "[options]", ...words, ...behind].join(" "),
    summary,
    lists: [{ heading: "Of this command", items: flagItems(options) }, SETTINGS],
  });
}
