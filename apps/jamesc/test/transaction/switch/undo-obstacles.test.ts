import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, runProgram } from "@jamesd/testkit";
import { RootFs } from "../../../src/transaction/disk/root-fs.ts";
import { makeWay } from "../../../src/transaction/switch/make-way.ts";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";
import { CHILD, writeJob } from "../job.ts";

/** A device that failed to upgrade from one tree to another because of what a script did; and how it was before. */
async function failUpgrade(bench: Bench, v1: Tree, v2: Tree, script: string, times = 1): Promise<object> {
  const shelf = new Shelf();
  const device = await bench.open();
  await device.carryOut(planFor([], [shelf.add("app", v1)], shelf), shelf, NEVER);
  const before = readTree(bench.root);
  const bad = shelf.add("app", v2, { postinst: `cd "$JAMES_ROOT"; ${script}; exit 1\n` });
  for (let i = 0; i < times; i += 1) {
    const failed = await device.carryOut(planFor(device.installed, [bad], shelf, 2), shelf, NEVER);
    assert.equal(failed.error?.code, "SCRIPT_FAILED", failed.error?.message);
    assert.equal(failed.outcome, "rolled-back");
  }
  return before;
}

test("a folder in the place of a file is kept beside it, each time under a free name", async () => {
  using bench = new Bench();
  const before = await failUpgrade(bench, { a: "1\n" }, { a: "2\n" }, "rm a; mkdir a; echo mine > a/x", 3);
  const { a } = readTree(bench.root);
  assert.deepEqual({ a }, before);
  const kept = readdirSync(bench.root).filter((name) => name !== "a");
  assert.equal(kept.length, 3);
  for (const name of kept) assert.equal(readFileSync(join(bench.root, name, "x"), "utf8"), "mine\n");
});

test("what makes way a second time under one name gets another", () => {
  using bench = new Bench();
  const root = new RootFs(bench.root);
  for (const text of ["1\n", "2\n", "3\n"]) {
    writeFileSync(join(bench.root, "a"), text);
    makeWay("a", "old-0", root);
  }
  const texts = readdirSync(bench.root).map((name) => readFileSync(join(bench.root, name), "utf8"));
  assert.deepEqual(texts.sort(), ["1\n", "2\n", "3\n"]);
});

test("a name that is as long as names may be has a free name beside it as well", async () => {
  using bench = new Bench();
  const name = "ä".repeat(125) + "b".repeat(5);
  await failUpgrade(bench, { [name]: "1\n" }, { [name]: "2\n" }, `rm ${name}; mkdir ${name}`, 2);
  assert.equal(readFileSync(join(bench.root, name), "utf8"), "1\n");
  assert.equal(readdirSync(bench.root).length, 3);
});

test("a file or a link in the place of a folder makes way for it", async () => {
  for (const put of ["echo mine > d", "ln -s nowhere d"]) {
    using bench = new Bench();
    const before = await failUpgrade(
      bench,
      { "d/e/a": "1\n", "d/e/b": "1\n" },
      { "d/e/a": "2\n" },
      `rm -r d; ${put}`,
    );
    const tree: { [path: string]: unknown } = { ...readTree(bench.root) };
    const kept = Object.keys(tree).filter((path) => path.includes(".jamesc-"));
    assert.equal(kept.length, 1, put);
    for (const path of kept) delete tree[path];
    assert.deepEqual(tree, before, put);
  }
  using bench = new Bench();
  await failUpgrade(bench, { "d/e/a": "1\n" }, { b: "2\n" }, "echo mine > d");
  assert.equal(readFileSync(join(bench.root, "d/e/a"), "utf8"), "1\n");
});

test("a damaged manifest makes its counterparts impossible, and not the undoing", async () => {
  for (const damage of [
    (path: string) => writeFileSync(path, "{"),
    (path: string) => rmSync(path),
    (path: string) => {
      rmSync(path);
      mkdirSync(join(path, "x"), { recursive: true });
    },
  ]) {
    using bench = new Bench();
    const shelf = new Shelf();
    const before = readTree(bench.root);
    const scripts = { postinst: "kill -9 $PPID; sleep 5\n", prerm: "true\n" };
    const app = shelf.add("app", { "opt/app": "1\n" }, scripts);
    writeJob(bench, shelf, planFor([], [app], shelf));
    await runProgram([process.execPath, CHILD, bench.dir]);
    damage(join(bench.state, "packets", `${app.digest}.json`));
    const device = await bench.open();
    assert.equal(device.stuck, undefined, device.stuck?.error?.message);
    assert.deepEqual(readTree(bench.root), before);
    assert.equal(device.pendingReport()?.outcome, "rolled-back");
    assert.ok(bench.events.some(({ event }) => event === "counterpart passed over"));
  }
});

test("folders where the agent has its files do not stop it", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add("app", { "opt/app": "1\n" }, { postinst: "true\n" });
  const first = await bench.open();
  await first.carryOut(planFor([], [app], shelf), shelf, NEVER);
  const next = shelf.add("app", { "opt/app": "2\n" }, { postinst: "true\n", prerm: "true\n" });
  const digests = [...shelf.blobs.keys(), ...[app, next].map(({ digest }) => `${digest}.json`)];
  for (const folder of ["fetched", "scripts", "packets"])
    for (const name of digests) {
      rmSync(join(bench.state, folder, name), { force: true });
      mkdirSync(join(bench.state, folder, name, "x"), { recursive: true });
    }
  for (const name of ["state.json.new", "fetched/x.part", "staging/x"])
    mkdirSync(join(bench.state, name), { recursive: true });
  const device = await bench.open();
  const { outcome, error } = await device.carryOut(planFor(device.installed, [next], shelf, 2), shelf, NEVER);
  assert.equal(outcome, "committed", error?.message);
});
