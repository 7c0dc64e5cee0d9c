import { spawnSync } from "node:child_process";
import { Program, runProgram } from "./program.ts";
import { requireTool, skipUnless } from "./tool.ts";

/**
 * A command line that runs another with a fault injected into its calls, on some paths only where they are given; see
 * strace(1), "Tampering". strace counts the calls of each thread, and of each kind, for itself: what it runs gets
 * `ONE_THREAD`.
 */
export function injecting(fault: string, ...paths: readonly string[]): readonly string[] {
  const [calls = ""] = fault.split(":");
  const on = paths.flatMap((path) => ["-P", path]);
  return ["strace", "-f", "-qq", "-o", "/dev/null", ...on, "-e", `trace=${calls}`, "-e", `inject=${fault}`];
}

/** Variables by which Node makes its calls one after the other. */
export const ONE_THREAD = { UV_THREADPOOL_SIZE: "1", UV_USE_IO_URING: "0" } as const;

/**
 * Has what Node compiles of a script kept, by letting it do its work once, unharmed: later starts read it, and write
 * nothing of it, so that they make the same calls each time.
 * @throws Error when it does not end well
 */
export async function compileOf(script: string, ...words: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram([process.execPath, script, ...words], { env: ONE_THREAD });
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
}

/** As `injecting`, into a process that runs; it is so when the promise resolves, and until the program is stopped. */
export async function injectInto(pid: number, fault: string, ...paths: readonly string[]): Promise<Program> {
  const command = injecting(fault, ...paths).filter((word) => word !== "-qq");
  const strace = new Program([...command, "-p", String(pid)]);
  await strace.says("attached");
  return strace;
}

/** The `skip` option of a test that uses `injectInto`. */
export function requireAttach(): string | false {
  return requireTool("strace") || skipUnless(canAttach(), "needs strace to follow what it has not started");
}

/** Kernels and containers may forbid it: it is tried. */
function canAttach(): boolean {
  const { stdout } = spawnSync("sh", ["-c", "sleep 1 >/dev/null 2>&1 & echo $!"]);
  return spawnSync("strace", ["-qq", "-o", "/dev/null", "-p", String(stdout).trim()]).status === 0;
}
