import { existsSync, readFileSync } from "node:fs";
import { Program } from "./program.ts";
import { requireTool, skipUnless } from "./tool.ts";

/** Set to 1, strace may follow only its own children. */
const PTRACE_SCOPE = "/proc/sys/kernel/yama/ptrace_scope";

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

/** As `injecting`, into a process that runs; it is so when the promise resolves, and until the program is stopped. */
export async function injectInto(pid: number, fault: string, ...paths: readonly string[]): Promise<Program> {
  const command = injecting(fault, ...paths).filter((word) => word !== "-qq");
  const strace = new Program([...command, "-p", String(pid)]);
  await strace.says("attached");
  return strace;
}

/** The `skip` option of a test that uses `injectInto`. */
export function requireAttach(): string | false {
  const isFree =
    process.getuid?.() === 0 || !existsSync(PTRACE_SCOPE) || readFileSync(PTRACE_SCOPE, "utf8") === "0\n";
  return requireTool("strace") || skipUnless(isFree, "needs root to trace a process that runs");
}
