import { Program, type ProgramOptions } from "./program.ts";

/** Keys as a terminal sends them. */
export const KEYS = { enter: "\r", ctrlC: "\x03", ctrlD: "\x04" } as const;

/** A command line of the shell that starts a command. */
export function shellWords(command: readonly string[]): string {
  return command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}

/**
 * Starts a command line of the shell on a terminal of its own, made by script(1). It ends with the command's exit code;
 * where nothing is to be typed (`isTyped`), the terminal's input is at its end.
 */
export function startOnTerminal(line: string, options: ProgramOptions): Program {
  return new Program(["script", "--quiet", "--return", "--command", line, "/dev/null"], options);
}
