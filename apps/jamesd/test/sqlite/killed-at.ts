import assert from "node:assert/strict";
import { join } from "node:path";
import { bundledScript, injecting, ONE_THREAD, runProgram } from "@jamesd/testkit";

/** By what SQLite changes a database and makes it durable; a call that does not appear is passed over. */
export const CALLS = ["pwrite64,write", "fsync,fdatasync", "ftruncate", "unlink", "openat"];
/** No script of these tests makes more of one of them. */
export const MOST = 200;

const bundles = new Map<string, Promise<string>>();

/** A script of this folder in one file, made once. */
function bundleOf(script: string): Promise<string> {
  const bundle = bundles.get(script) ?? bundledScript(join(import.meta.dirname, script));
  bundles.set(script, bundle);
  return bundle;
}

/** Runs a script of this folder on a database, killed at its n-th call. Gives the lines that it printed, and whether it came to its end. */
export async function killedAt(
  script: string,
  file: string,
  calls: string,
  n: number,
  args: readonly string[] = [],
) {
  const files = ["", "-wal", "-shm", "-journal"].map((end) => file + end);
  const strace = injecting(`${calls}:signal=KILL:when=${n}`, ...files);
  const path = await bundleOf(script);
  const { code, signal, stdout, stderr } = await runProgram(
    [...strace, process.execPath, path, file, ...args],
    {
      env: { ...ONE_THREAD },
    },
  );
  const isKilled = signal === "SIGKILL" || code === 137;
  assert.ok(isKilled || code === 0, `${calls} ${n}: ${stderr}`);
  return { isKilled, lines: stdout.split("\n").filter(Boolean) };
}
