import assert from "node:assert/strict";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, runProgram } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";
import { CHILD, writeJob } from "../job.ts";

const TREE: Tree = { "etc/a": "1\n", "etc/b": "1\n", "etc/c": "1\n", l: { link: "etc/a" } };

/** How an upgrade ended whose old packet has this prerm, and whose new one this preinst. */
async function upgrade(bench: Bench, prerm: string, preinst: string) {
  const shelf = new Shelf();
  const device = await bench.open();
  const old = shelf.add("app", TREE, { prerm: `cd "$JAMES_ROOT"\n${prerm}\n` });
  await device.carryOut(planFor([], [old], shelf), shelf, NEVER);
  const next = shelf.add("app", { "etc/a": "2\n" }, { preinst });
  const plan = planFor(device.installed, [next], shelf, 2);
  if (!preinst.startsWith("kill")) return (await device.carryOut(plan, shelf, NEVER)).error;
  writeJob(bench, shelf, plan);
  await runProgram([process.execPath, CHILD, bench.dir]);
  return (await bench.open()).pendingReport()?.error;
}

for (const [what, preinst] of [
  ["that fails", "exit 1\n"],
  ["in which the agent is killed", "kill -9 $PPID; sleep 5\n"],
] as const)
  test(`what a prerm did to files of its packet is told after an upgrade ${what}`, async () => {
    for (const [prerm, says] of [
      ["echo more >> etc/b", /undone, but \/etc\/b did not stay as before/],
      ["sed -i s/1/3/ etc/b", /\/etc\/b did not/],
      ["chmod 600 etc/b", /\/etc\/b did not/],
      ["rm etc/b", /\/etc\/b did not/],
      ["ln -sf etc/b l", /\/l did not/],
      ["for f in a b c; do echo x > etc/$f; done", /\/etc\/\w and 2 more did not/],
      // Read, not changed.
      ["cat etc/b", undefined],
    ] as const) {
      using bench = new Bench();
      const error = await upgrade(bench, prerm, preinst);
      assert.match(error?.message ?? "", says ?? /^(?!.*stay as before)/, prerm);
      if (prerm.startsWith("echo"))
        assert.equal(readFileSync(join(bench.root, "etc/b"), "utf8"), "1\nmore\n");
    }
  });

test("what a prerm did that itself failed is told", async () => {
  using bench = new Bench();
  const error = await upgrade(bench, "echo more >> etc/b; exit 3", "true\n");
  assert.match(error?.message ?? "", /exit code 3; it was undone, but \/etc\/b did not stay/);
});

test("what nobody changed is not told of", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  await device.carryOut(planFor([], [shelf.add("app", TREE)], shelf), shelf, NEVER);
  chmodSync(join(bench.root, "etc/a"), 0o600);
  const before = readTree(bench.root);
  const bad = shelf.add("app", TREE, { postinst: "exit 1\n" });
  const { error } = await device.carryOut(planFor(device.installed, [bad], shelf, 2), shelf, NEVER);
  assert.equal(error?.message, "postinst of app ended with exit code 1");
  assert.deepEqual(readTree(bench.root), before);
});
