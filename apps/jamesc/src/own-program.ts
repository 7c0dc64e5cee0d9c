import { resolve } from "node:path";
import { ownCommand } from "@jamesd/service/own-command";
import type { OwnProgram, Start } from "./transaction/index.ts";

/** By which the launcher says what it has started, and whose trials it looks after: `START:STATE_DIR`. */
const VARIABLE = "JAMESC_START";
const STARTS: readonly Start[] = ["launched", "trial", "old"];

/** The program of this process, and by whom it was started. */
export function ownProgram(
  env: NodeJS.ProcessEnv,
  stateDir: string,
): Pick<OwnProgram, "command" | "files" | "start"> {
  const words = ownCommand();
  const [start, ...rest] = (env[VARIABLE] ?? "").split(":");
  const known = STARTS.find((one) => one === start);
  const isOurs = resolve(rest.join(":")) === stateDir;
  return {
    command: [...words, ...process.argv.slice(2)],
    files: words.filter((word) => word.startsWith("/")),
    start: known !== undefined && isOurs ? known : "plain",
  };
}
