import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { sha256 } from "@jamesd/model";
import { bootId } from "./scripts/script-process.ts";

/** Digits of a name: 128 bits. */
const DIGITS = 32;

/**
 * What this agent calls itself before the server, so that two machines with one certificate are told apart: the same as
 * long as the machine runs and the state directory is this one, however often the agent starts; another one on a copy of
 * the machine's disk, for that is started by itself.
 */
export function instanceOf(stateDir: string): string {
  const boot = bootId();
  const directory = directoryOf(stateDir);
  if (boot === "" || directory === undefined) return randomBytes(DIGITS / 2).toString("hex");
  return sha256(`jamesd-instance-v1 ${boot} ${directory}`).slice(0, DIGITS);
}

/** Undefined when it cannot be looked at: its disk may be away. */
function directoryOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
