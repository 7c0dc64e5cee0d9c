import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Program, runProgram, waitFor } from "@jamesd/testkit";

const DEMO = [process.execPath, fileURLToPath(new URL("../examples/demo/main.ts", import.meta.url))];

function withoutColour(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, HOME: process.env.HOME };
}

test("the demo installs and upgrades three devices, and ends by itself with --once", async () => {
  const { code, stdout, stderr } = await runProgram([...DEMO, "--once"], { env: withoutColour(process.env) });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stdout.match(/device-\d {2}connected {2}in-sync {2}esbuild\(v0\.28\.1\)/g)?.length, 3);
  assert.equal(stdout.match(/device-\d {2}connected {2}in-sync {2}esbuild\(v0\.28\.2\)/g)?.length, 3);
});

test("the demo stays up until it is told to stop, and leaves no process behind", async () => {
  const demo = new Program(DEMO, { env: withoutColour(process.env) });
  await demo.says("keeps running");
  const children = childrenOf(demo.pid);
  assert.equal(children.length, 4, "a server and three devices");
  const { code, stderr } = await demo.stop("SIGINT");
  assert.equal(code, 0, stderr);
  await waitFor("the children to end", async () => {
    const alive = children.filter((pid) => isAlive(pid));
    return alive.length === 0 ? true : undefined;
  });
});

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
