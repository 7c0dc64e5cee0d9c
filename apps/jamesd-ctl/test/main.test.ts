import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function start(context: TestContext, ...argv: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: "pipe" });
  context.after(() => child.kill("SIGKILL"));
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return { child, ended: once(child, "close").then(([code, signal]) => ({ code, signal, err })) };
}

test("Ctrl-C ends a command that waits with 130 and without a word", { timeout: 60_000 }, async (context) => {
  const { child, ended } = start(context, "set-desired-state", "--file", "-");
  // It has read this much, so it runs, and it waits for the rest.
  await new Promise((resolve) => child.stdin.write("x".repeat(1 << 20), resolve));
  child.kill("SIGINT");
  assert.deepEqual(await ended, { code: 130, signal: null, err: "" });
});

test("a reader that closed its end is no failure", { timeout: 60_000 }, async (context) => {
  const { child, ended } = start(context, "--help");
  child.stdout.destroy();
  assert.deepEqual(await ended, { code: 0, signal: null, err: "" });
});
