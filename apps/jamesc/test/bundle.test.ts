import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, it } from "node:test";
import { skipUnless, systemNode } from "@jamesd/testkit";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const NODE_20 = systemNode();
const scratch = mkdtempSync(join(tmpdir(), "jamesc-bundle-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

describe("the agent's bundle", () => {
  it("runs on Node 20 from one file", {
    skip: skipUnless(NODE_20 !== undefined, "needs a Node 20 of the system"),
  }, () => {
    execFileSync(process.execPath, [join(REPOSITORY, "scripts/build.ts"), "--out", scratch, "jamesc"]);
    // Alone in its folder, with no other version's flags: nothing but the file and Node.
    const run = (...args: readonly string[]) =>
      spawnSync(NODE_20 ?? "", [join(scratch, "jamesc.cjs"), ...args], {
        encoding: "utf8",
        cwd: scratch,
        env: {},
      });
    const text = readFileSync(join(scratch, "jamesc.cjs"), "utf8");
    assert.doesNotMatch(
      text,
      /ZodError|CommanderError|sonic-boom/,
      "libraries that a device has no memory for",
    );
    assert.doesNotMatch(
      text,
      /[^\\]\\p\{/i,
      "a literal that has the tables of Unicode read when it is parsed",
    );
    assert.match(text, /\bfunction parseDuration\(\w[,=)]/, "names that traces say are whole, others short");
    const help = run("--help");
    assert.deepEqual([help.status, help.stderr], [0, ""]);
    assert.match(help.stdout, /^Usage: jamesc \[options\] \[command\]\n/);
    const badFlag = run("--nonsense");
    assert.equal(badFlag.status, 2);
    assert.match(badFlag.stderr, /^jamesc: unknown option '--nonsense' \[USAGE\]\n/);
  });
});
