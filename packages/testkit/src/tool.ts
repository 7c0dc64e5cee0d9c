import { spawnSync } from "node:child_process";

/** Where Debian has the browser that pages are tried with. */
export const CHROMIUM = "/usr/bin/chromium";

/** True when a program of that name is on the PATH. */
function hasTool(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/**
 * The `skip` option of a test that needs something of the machine: false when it is there, else the reason. In CI
 * nothing is skipped: there it throws.
 */
export function skipUnless(condition: boolean, reason: string): string | false {
  if (condition) return false;
  if (process.env.CI) throw new Error(`CI must have it: ${reason}`);
  return reason;
}

/** `skipUnless` for programs. */
export function requireTool(...names: readonly string[]): string | false {
  const missing = names.filter((name) => !hasTool(name));
  return skipUnless(missing.length === 0, `needs ${missing.join(", ")}`);
}
