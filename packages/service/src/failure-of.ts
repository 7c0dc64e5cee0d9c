import { spawnSync } from "node:child_process";
import type { CommandLine } from "./service.ts";

/** Runs a program of the system. @returns why it failed, as it said itself; undefined when it did not */
export function failureOf([program, ...args]: CommandLine): string | undefined {
  const { status, error, stderr } = spawnSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.toString().trim() || `it ended with ${status}`);
}
