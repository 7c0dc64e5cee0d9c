import type { CommandLine } from "./service.ts";

/** A command as a shell reads it. */
export function shellCommand(command: CommandLine): string {
  return command.map(shellWord).join(" ");
}

/** A word as a shell reads it. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
