import { readFileSync } from "node:fs";

/** What is assumed where the system does not say. */
const USUAL = 1024;

/** How many files and connections this process may have open; Node has raised the soft limit to the hard one. */
export function descriptorLimit(): number {
  try {
    return parseLimit(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return USUAL;
  }
}

/** Reads the soft limit out of the text of /proc/PID/limits (proc_pid_limits(5)). */
export function parseLimit(limits: string): number {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  return Number(soft === "unlimited" ? Number.MAX_SAFE_INTEGER : soft) || USUAL;
}
