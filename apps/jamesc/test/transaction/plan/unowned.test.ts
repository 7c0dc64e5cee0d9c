import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { UnownedPolicy } from "@jamesd/model";
import { readTree } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

interface Outcome {
  readonly bench: Bench;
  readonly outcome: string;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  readonly uninstall: () => Promise<void>;
}

/** Installs a packet on a device where something stands already. */
async function install(
  bench: Bench,
  tree: Tree,
  policies: { readonly packet?: UnownedPolicy; readonly desired?: UnownedPolicy },
  scripts = {},
): Promise<Outcome> {
  const shelf = new Shelf();
  const app = shelf.add("app", tree, scripts, { policy: { unowned: policies.packet } });
  const device = await bench.open();
  const plan = planFor([], [app], shelf, 1, { policy: { unowned: policies.desired } });
  const { outcome, error } = await device.carryOut(plan, shelf, NEVER);
  const uninstall = async (): Promise<void> => {
    const gone = await device.carryOut(planFor(device.installed, [], shelf, 2), shelf, NEVER);
    assert.equal(gone.outcome, "committed", gone.error?.message);
  };
  return { bench, outcome, code: error?.code, hint: error?.hint, uninstall };
}

test("refuse, adopt and overwrite a file that no packet owns; the desired state's word counts more", async () => {
  const cases = [
    { there: "1\n", policies: {}, code: "PATH_NOT_OWNED" },
    { there: "1\n", policies: { packet: "refuse" }, code: "PATH_NOT_OWNED" },
    { there: "1\n", policies: { packet: "adopt" }, code: undefined },
    { there: "2\n", policies: { packet: "adopt" }, code: "PATH_NOT_OWNED" },
    { there: "other\n", policies: { packet: "overwrite" }, code: undefined },
    { there: "1\n", policies: { packet: "overwrite", desired: "refuse" }, code: "PATH_NOT_OWNED" },
    { there: "2\n", policies: { packet: "refuse", desired: "overwrite" }, code: undefined },
  ] as const;
  for (const { there, policies, code } of cases) {
    using bench = new Bench();
    mkdirSync(join(bench.root, "dir"));
    const path = join(bench.root, "dir/file");
    writeFileSync(path, there, { mode: 0o600 });
    const before = readTree(bench.root);
    const result = await install(bench, { "dir/file": "1\n" }, policies);
    const isStaged = bench.events.some(({ event }) => event === "stage");
    assert.equal(isStaged, code === undefined, "refused before anything is touched");
    assert.equal(result.code, code, JSON.stringify({ there, policies }));
    if (code !== undefined) assert.deepEqual(readTree(bench.root), before);
    else {
      assert.equal(readFileSync(path, "utf8"), "1\n");
      assert.equal(lstatSync(path).mode & 0o777, 0o644, "with the packet's mode");
      await result.uninstall();
      assert.deepEqual(Object.keys(readTree(bench.root)), ["dir"], "it is the packet's now");
    }
  }
});

test("an undone transaction gives back what it had overwritten", async () => {
  using bench = new Bench();
  writeFileSync(join(bench.root, "file"), "mine\n", { mode: 0o600 });
  symlinkSync("nowhere", join(bench.root, "folder"));
  const before = readTree(bench.root);
  const tree = { file: "1\n", "folder/x": "x\n" };
  const result = await install(bench, tree, { packet: "overwrite" }, { postinst: "exit 1\n" });
  assert.equal(result.code, "SCRIPT_FAILED");
  assert.deepEqual(readTree(bench.root), before);
});

test("links are adopted by their target; links and files make way for folders only when overwritten", async () => {
  using bench = new Bench();
  symlinkSync("target", join(bench.root, "link"));
  const link: Tree = { link: { link: "target" } };
  assert.equal(
    (await install(bench, { link: { link: "other" } }, { packet: "adopt" })).code,
    "PATH_NOT_OWNED",
  );
  assert.equal((await install(bench, { "link/x": "x\n" }, { packet: "adopt" })).code, "PATH_NOT_OWNED");
  const adopted = await install(bench, link, { packet: "adopt" });
  assert.equal(adopted.outcome, "committed");
  await adopted.uninstall();
  writeFileSync(join(bench.root, "link"), "a file\n");
  const overwritten = await install(bench, { "link/x": "x\n" }, { packet: "overwrite" });
  assert.equal(overwritten.outcome, "committed");
  assert.deepEqual(Object.keys(readTree(bench.root)), ["link", "link/x"]);
});

test("a directory with files that no packet owns never makes way", async () => {
  using bench = new Bench();
  mkdirSync(join(bench.root, "file"));
  writeFileSync(join(bench.root, "file/mine"), "mine\n");
  assert.equal((await install(bench, { file: "1\n" }, { packet: "overwrite" })).code, "PATH_NOT_OWNED");
});

test("the way out that is told is one: only words as `unowned` that would change it", async () => {
  using bench = new Bench();
  writeFileSync(join(bench.root, "file"), "mine\n");
  mkdirSync(join(bench.root, "folder"));
  const cases = [
    { tree: { file: "1\n" }, policy: "refuse", hint: /say adopt or overwrite as/ },
    { tree: { file: "1\n" }, policy: "adopt", hint: /say overwrite as/ },
    { tree: { "file/x": "1\n" }, policy: "adopt", hint: /say overwrite as/ },
    { tree: { folder: "1\n" }, policy: "overwrite", hint: /no `unowned` lets a directory make way/ },
  ] as const;
  for (const { tree, policy, hint } of cases)
    assert.match((await install(bench, tree, { packet: policy })).hint ?? "", hint);
});
