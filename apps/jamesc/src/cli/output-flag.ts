import { choice, type Flags } from "@jamesd/config";
import type { Format } from "@jamesd/config/print";
import type { Command } from "./command.ts";

/** The flag of commands that print something. */
export function outputFlag(format: Format) {
  return {
    output: choice({ help: "how to print", choices: ["yaml", "json", "table"], default: format }),
  };
}

/** All flags that a command takes, beside those that every command takes. */
export function flagsOf({ options, format }: Pick<Command, "options" | "format">): Flags {
  return format === undefined ? options : { ...options, ...outputFlag(format) };
}
