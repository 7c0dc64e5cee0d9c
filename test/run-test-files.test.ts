import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const RUNNER = `
  import { runTestFiles } from ${JSON.stringify(join(import.meta.dirname, "../scripts/run-test-files.ts"))};
  const [cwd, ...files] = process.argv.slice(2);
  process.exitCode = await runTestFiles(files, { cwd, env: process.env, concurrency: 2, limit: 3000 });
`;

/** How files of tests with these texts are reported, each with 3 s, and the exit code. */
function run(...texts: readonly string[]): { readonly code: number | null; readonly report: string } {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-files-"));
  try {
    const files = texts.map((source, i) => {
      const file = join(dir, `${i}.test.mjs`);
      writeFileSync(file, source);
      return file;
    });
    // Node runs no files of tests for a test: it would take this one for theirs.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const runner = join(dir, "runner.mjs");
    writeFileSync(runner, RUNNER);
    const { status, stdout } = spawnSync(process.execPath, [runner, dir, ...files], {
      env,
      encoding: "utf8",
    });
    return { code: status, report: stdout };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const PASSES = 'import { test } from "node:test"; test("passes", () => {});';
const FAILS = 'import { test } from "node:test"; test("fails", () => { throw new Error("as it should"); });';
const HANGS = 'import { createServer } from "node:net"; createServer().listen(0);';

test("files that pass end with 0, one that fails with 1", () => {
  assert.equal(run(PASSES, PASSES).code, 0);
  const { code, report } = run(FAILS, PASSES);
  assert.equal(code, 1);
  assert.match(report, /as it should/);
});

test("a file that never ends though its tests did is named, and ends the run", () => {
  const { code, report } = run(PASSES, HANGS);
  assert.equal(code, 1);
  assert.match(report, /1\.test\.mjs did not end within 3 s/);
});
