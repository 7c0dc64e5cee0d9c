import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { ONE_THREAD } from "@jamesd/testkit";

/** True when a command works here; else the test is skipped, which a CI does not accept. */
export function works(t: TestContext, command: string, args: readonly string[]): boolean {
  if (spawnSync(command, args).status === 0) return true;
  assert.ok(process.env.CI === undefined, `${command} ${args.join(" ")} must work in CI`);
  t.skip(`${command} ${args.join(" ")} does not work here`);
  return false;
}

/** Runs a script of this folder behind another command and gives its lines. */
export async function linesOf(
  script: string,
  args: readonly string[],
  behind: readonly string[] = [],
): Promise<readonly string[]> {
  const [command = "", ...rest] = [...behind, process.execPath, join(import.meta.dirname, script), ...args];
  const env = { ...process.env, ...ONE_THREAD };
  const { stdout } = await promisify(execFile)(command, rest, { env });
  return stdout.trim().split("\n");
}
