import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { after, describe, it, type TestContext } from "node:test";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const scratch = mkdtempSync(join(tmpdir(), "jamesc-bundle-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** The oldest Node that the agent has to run on; the toolchain's own is a newer one. */
function findNode20(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  return folders
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .find((node) => existsSync(node) && versionOf(node).startsWith("v20."));
}

function versionOf(node: string): string {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "";
}

function skipWithoutNode20(t: TestContext): void {
  assert.ok(!process.env.CI, "there is no Node 20 on this machine, and CI has to have one");
  t.skip("there is no Node 20 on this machine");
}

describe("the agent's bundle", () => {
  it("runs on Node 20 from one file", (t) => {
    const node = findNode20();
    if (node === undefined) return skipWithoutNode20(t);
    execFileSync(process.execPath, [join(REPOSITORY, "scripts/build.ts"), "--out", scratch, "jamesc"]);
    // Alone in its folder, with no other version's flags: nothing but the file and Node.
    const run = (...args: readonly string[]) =>
      spawnSync(node, [join(scratch, "jamesc.cjs"), ...args], { encoding: "utf8", cwd: scratch, env: {} });
    const help = run("--help");
    assert.deepEqual([help.status, help.stderr], [0, ""]);
    assert.match(help.stdout, /^Usage: jamesc \[options\] \[command\]\n/);
    const badFlag = run("--nonsense");
    assert.equal(badFlag.status, 2);
    assert.match(badFlag.stderr, /^jamesc: unknown option '--nonsense' \[USAGE\]\n/);
  });
});
