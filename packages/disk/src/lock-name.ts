import { randomBytes } from "node:crypto";

/** A new name for the lock of this process: `PROGRAM-PID-RANDOM.lock`. */
export function newLockName(program: string): string {
  return `${program}-${process.pid}-${randomBytes(6).toString("hex")}.lock`;
}

/** Those of the names in a folder that are locks of a program. */
export function lockNames(names: readonly string[], program: string): readonly string[] {
  return names.filter((name) => name.startsWith(`${program}-`) && name.endsWith(".lock"));
}

/** The process that a lock's name tells of. */
export function processOf(name: string, program: string): string {
  return name.slice(program.length + 1).replace(/-.*$/, "");
}
