import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, runProgram } from "@jamesd/testkit";
import { Bench, NEVER, planFor, planOf, Shelf } from "./fixture.ts";

test("no packet gets at the agent's own folders, by no detour", async () => {
  const trees = {
    "the state file": { "state/state.json.new": { link: "/victim" } },
    "the staging folder": { "state/staging/x": "x\n" },
    "a staging folder elsewhere": { "srv/.jamesc-staging/x": "x\n" },
    "a link of the device to the state directory": { "detour/packets/x": "x\n" },
    "a link of the device to what is above it": { "up/state/packets/x": "x\n" },
  };
  for (const [what, tree] of Object.entries(trees)) {
    using bench = new Bench();
    const shelf = new Shelf();
    const device = await bench.open({ installRoot: bench.dir, stateDir: bench.state });
    const good = shelf.add("good", { "srv/good": "good\n" });
    await device.carryOut(planFor([], [good], shelf), shelf, NEVER);
    symlinkSync("state", join(bench.dir, "detour"));
    symlinkSync(".", join(bench.dir, "up"));
    const before = readTree(bench.dir, ["state"]);
    const result = await device.carryOut(
      planFor(device.installed, [good, shelf.add("evil", tree)], shelf),
      shelf,
      NEVER,
    );
    assert.equal(result.outcome, "rolled-back", what);
    assert.deepEqual(readTree(bench.dir, ["state"]), before, what);
    assert.equal(JSON.parse(readFileSync(join(bench.state, "state.json"), "utf8")).apps.length, 1, what);
  }
});

test("names and tags that no app can have are refused before anything is asked for", async () => {
  const words: readonly [string, string, string][] = [
    ["", "v1", "NAME_INVALID"],
    ["../../x", "v1", "NAME_INVALID"],
    [".hidden", "v1", "NAME_INVALID"],
    ["a\nb", "v1", "NAME_INVALID"],
    ["a\u001b[2J", "v1", "NAME_INVALID"],
    ["x".repeat(200), "v1", "NAME_INVALID"],
    ["app", "v1,v2", "TAG_INVALID"],
    ["app", "\u0000", "TAG_INVALID"],
  ];
  for (const [name, tag, code] of words) {
    using bench = new Bench();
    const shelf = new Shelf();
    const device = await bench.open();
    const { digest } = shelf.add(name, { "opt/app": "1\n" });
    const plan = planOf([], [{ name, tags: [tag], digest }], shelf);
    const result = await device.carryOut(plan, shelf, NEVER);
    assert.deepEqual([result.outcome, result.error?.code], ["rolled-back", code], name);
    assert.deepEqual([shelf.manifests, device.installed, readTree(bench.root)], [[], [], {}], name);
  }
});

test("an app that a plan lists twice is refused", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  const apps = ["1\n", "2\n"].map((text) => ({
    name: "app",
    tags: [],
    digest: shelf.add("app", { a: text }).digest,
  }));
  const result = await device.carryOut(planOf([], apps, shelf), shelf, NEVER);
  assert.deepEqual([result.error?.code, shelf.manifests], ["APP_DUPLICATE", []]);
});

test("a packet is installed only under its own name, and only when it has one", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  const refusals: readonly [string, string][] = [
    ["other", "TRANSACTION_FAILED"],
    ["../app", "NAME_INVALID"],
  ];
  for (const [name, code] of refusals) {
    const { digest } = shelf.add(name, { "opt/app": "1\n" });
    const result = await device.carryOut(
      planOf([], [{ name: "app", tags: [], digest }], shelf),
      shelf,
      NEVER,
    );
    assert.deepEqual([result.outcome, result.error?.code], ["rolled-back", code], name);
    assert.deepEqual(readTree(bench.root), {}, name);
  }
});

test("scripts that break the ground cannot stop the undo, and no byte is lost", async () => {
  const breaking: Record<string, Readonly<Record<string, string>>> = {
    "the folder is removed": { postrm: 'rm -rf "$JAMES_ROOT/opt"\n' },
    "a folder takes the place of the file": {
      postrm: 'mkdir -p "$JAMES_ROOT/opt/app/mine" && echo mine > "$JAMES_ROOT/opt/app/mine/file"\n',
    },
    "a counterpart cannot be started": { prerm: "true\n", postinst: "#!/bin/\0sh\n" },
  };
  for (const [what, scripts] of Object.entries(breaking)) {
    using bench = new Bench();
    const shelf = new Shelf();
    const device = await bench.open();
    const v1 = shelf.add(
      "app",
      { "opt/app": "1\n" },
      what.startsWith("a counterpart") ? { prerm: scripts.prerm ?? "" } : scripts,
    );
    const v2 = shelf.add(
      "app",
      { "opt/app": "2\n" },
      { preinst: "exit 1\n", ...(scripts.postinst !== undefined && { postrm: scripts.postinst }) },
    );
    await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
    const result = await device.carryOut(planFor(device.installed, [v2], shelf), shelf, NEVER);
    assert.equal(result.outcome, "rolled-back", what);
    assert.equal(readFileSync(join(bench.root, "opt/app"), "utf8"), "1\n", what);
    assert.ok(!existsSync(join(bench.state, "journal")), what);
    if (what.startsWith("a folder takes"))
      assert.equal(
        Object.keys(readTree(bench.root)).some((path) => path.endsWith("mine/file")),
        true,
        what,
      );
  }
});

test("a script that was damaged on the disk is fetched again, not run", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add("app", { "opt/app": "1\n" }, { prerm: "echo refused; exit 1\n" });
  await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
  const [script = ""] = readdirSync(join(bench.state, "scripts"));
  writeFileSync(join(bench.state, "scripts", script), "\0".repeat(21));
  const device = await bench.open();
  const result = await device.carryOut(planFor(device.installed, [], shelf), shelf, NEVER);
  assert.equal(result.error?.code, "SCRIPT_FAILED");
  assert.equal(result.scripts[0]?.output, "refused\n");
});

test("a FIFO in the place of an installed file does not hang the agent", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const v1 = shelf.add("app", { "opt/same": "same\n", "opt/app": "1\n" });
  const v2 = shelf.add("app", { "opt/same": "same\n", "opt/app": "2\n" });
  const device = await bench.open();
  await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
  rmSync(join(bench.root, "opt/same"));
  assert.equal((await runProgram(["mkfifo", join(bench.root, "opt/same")])).code, 0);
  const result = await device.carryOut(planFor(device.installed, [v2], shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
  assert.equal(readFileSync(join(bench.root, "opt/same"), "utf8"), "same\n");
});

test("a script and a file of the same content are both there at the first try", async () => {
  for (let i = 0; i < 5; i++) {
    using bench = new Bench();
    const shelf = new Shelf();
    const app = shelf.add("app", { "opt/script": "true\n" }, { preinst: "true\n" });
    const result = await (await bench.open()).carryOut(planFor([], [app], shelf), shelf, NEVER);
    assert.equal(result.outcome, "committed", result.error?.message);
  }
});

test("what many scripts write fits into one report", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const apps = Array.from({ length: 60 }, (_, i) =>
    shelf.add(`app-${i}`, { [`opt/${i}`]: `${i}\n` }, { preinst: "head -c 9000 /dev/zero\n" }),
  );
  const result = await (await bench.open()).carryOut(planFor([], apps, shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed");
  assert.ok(JSON.stringify(result).length < 2 * 1024 * 1024);
});
