import { type Flag, flag, type Option, short, text } from "@jamesd/config";

/** What the program understands besides its settings, whatever the command. */
export const PROGRAM_OPTIONS = {
  config: text({ value: "FILE", help: "read settings from this YAML file (JAMESC_CONFIG)" }),
  version: short("V", flag({ help: "print the version" })),
  help: short("h", flag({ help: "print what there is to know about a command" })),
} as const satisfies Record<string, Flag & Option<unknown>>;
