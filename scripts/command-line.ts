import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * What the command line of a command of the checkout says. `--help`, or what the command does not know, prints the usage,
 * which begins behind `npm`, and ends the process.
 */
export function readCommandLine<T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).some((word) => word === "--help" || word === "-h")) {
    console.log(helpOf(usage));
    process.exit();
  }
  try {
    return parseArgs(config);
  } catch (cause) {
    // The first sentence; what Node goes on about is how to write a word that looks like a flag.
    return refuse(usage, messageOf(cause).split(". ")[0]);
  }
}

/** Ends the process because of what its command line says: why, and the usage. */
export function refuse(usage: string, message = ""): never {
  console.error(`${message}\n${helpOf(usage)}`);
  process.exit(2);
}

/** Runs a command with what its command line says; what goes wrong is said in a line. */
export async function runCommand<T extends ParseArgsConfig>(
  usage: string,
  config: T,
  run: (said: ReturnType<typeof parseArgs<T>>) => Promise<void>,
): Promise<void> {
  try {
    await run(readCommandLine(usage, config));
  } catch (cause) {
    console.error(messageOf(cause));
    process.exitCode = 1;
  }
}

const helpOf = (usage: string): string => `Usage: npm ${usage}`;

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
