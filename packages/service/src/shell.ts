import { shellWord } from "@jamesd/model";
import type { CommandLine } from "./service.ts";

/** A command as a shell reads it. */
export function shellCommand(command: CommandLine): string {
  return command.map(shellWord).join(" ");
}
