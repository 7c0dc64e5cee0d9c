import { resolve } from "node:path";
import { commandIndex, settingWords } from "@jamesd/config";
import { ownCommand } from "@jamesd/service/own-command";
import { OPTIONS } from "./config.ts";
import type { OwnProgram, Start } from "./transaction/index.ts";

/** By which the launcher says what it has started, and whose trials it looks after: `START:STATE_DIR`. */
const VARIABLE = "JAMESC_START";
const STARTS: readonly Start[] = ["launched", "trial", "old"];

/**
 * The program of this process, and by whom it was started. With its settings alone another one can be tested and started in
 * its place: a command, as the waiter and people give one, is no service of the launcher's, wherever it has the variable from.
 */
export function ownProgram(
  env: NodeJS.ProcessEnv,
  stateDir: string,
  args: readonly string[] = process.argv.slice(2),
): Pick<OwnProgram, "command" | "files" | "start"> {
  const words = ownCommand();
  const [start, ...rest] = (env[VARIABLE] ?? "").split(":");
  const known = STARTS.find((one) => one === start);
  const isOurs = resolve(rest.join(":")) === stateDir;
  const isDaemon = commandIndex(args, OPTIONS) < 0;
  return {
    command: [...words, ...settingWords(args, OPTIONS)],
    files: words.filter((word) => word.startsWith("/")),
    start: known !== undefined && isOurs && isDaemon ? known : "plain",
  };
}
