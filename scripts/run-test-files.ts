import { relative } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";

export interface TestRun {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Files at once. */
  readonly concurrency: number;
  /** Milliseconds for each test, and for each file: what else a file waits for, such as an open server, is in no test. */
  readonly limit: number;
}

/**
 * Runs files of tests, begun in this order, which `node --test` would not keep, and reports them to `out`.
 * A file that passes the limit is told by its name and ends the run.
 * @param files absolute paths @returns the exit code
 */
export async function runTestFiles(
  files: readonly string[],
  { cwd, env, concurrency, limit }: TestRun,
  out: NodeJS.WritableStream = process.stdout,
): Promise<number> {
  const [stop, timers] = [new AbortController(), new Map<string, NodeJS.Timeout>()];
  let code = 0;
  const tests = run({ files: [...files], cwd, env, concurrency, timeout: limit, signal: stop.signal });
  // A file is reported as a test that has its path for a name.
  tests.on("test:dequeue", ({ name, file }) => {
    if (name !== file) return;
    const reason = `${relative(cwd, file)} did not end within ${limit / 1000} s, all its tests included`;
    timers.set(
      file,
      setTimeout(() => stop.abort(new Error(reason)), limit),
    );
  });
  tests.on("test:complete", ({ name, file }) => {
    if (name === file) clearTimeout(timers.get(file));
  });
  tests.on("test:fail", () => {
    code = 1;
  });
  const report = tests.compose(new spec());
  report.pipe(out, { end: false });
  await finished(report);
  for (const timer of timers.values()) clearTimeout(timer);
  return code;
}
