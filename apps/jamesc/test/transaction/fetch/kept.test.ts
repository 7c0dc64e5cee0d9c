import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Packet } from "@jamesd/model";
import { Life } from "../faults/life.ts";
import "../faults/calls.ts";
import { isSync } from "../faults/plan.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const SMALL = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`opt/small/${n}`, `small ${n}\n`]));
const LARGE = "a large content\n".repeat(10_000);
const TREE = { ...SMALL, "opt/large": LARGE, "opt/same": LARGE };
/** Fails until there is a file `ok` beside the root. */
const POSTINST = 'set -e\n[ -e "$JAMES_ROOT/../ok" ]\n';

/** What a server was asked for so far; it is forgotten. */
function asked(shelf: Shelf): object {
  const { asked, bundles, manifests } = shelf;
  return {
    asked: asked.splice(0).length,
    bundles: bundles.splice(0).length,
    manifests: manifests.splice(0).length,
  };
}

const NOTHING = { asked: 0, bundles: 0, manifests: 0 };

function fetchedOn(bench: Bench): readonly string[] {
  return readdirSync(join(bench.state, "fetched"));
}

for (const isRestarted of [false, true])
  test(`a plan that failed is tried again without asking for anything twice${isRestarted ? ", after a restart too" : ""}`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const packet = shelf.add("app", TREE, { postinst: POSTINST });
    const plan = planFor([], [packet], shelf);
    let device = await bench.open();
    assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "rolled-back");
    asked(shelf);
    for (let tries = 0; tries < 2; tries++) {
      if (isRestarted) device = await bench.open();
      assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "rolled-back");
      assert.deepEqual(asked(shelf), NOTHING);
    }
    writeFileSync(join(bench.dir, "ok"), "");
    assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
    assert.deepEqual(asked(shelf), NOTHING);
    for (const [path, text] of Object.entries(TREE)) {
      assert.equal(readFileSync(join(bench.root, path), "utf8"), text);
      assert.equal(lstatSync(join(bench.root, path)).nlink, 1);
    }
    assert.deepEqual(fetchedOn(bench), []);
  });

test("an upgrade that failed asks for no delta and no whole bundle twice", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  shelf.hasWholeBundles = true;
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`opt/${n}`, `${n}`.repeat(2000)]));
  const old = shelf.add("app", { "opt/large": LARGE });
  const next = shelf.add("app", { "opt/large": `${LARGE}more` }, { postinst: POSTINST });
  const other = shelf.add("other", many);
  const device = await bench.open();
  await device.carryOut(planFor([], [old], shelf), shelf, NEVER);
  shelf.hasDeltas = true;
  const plan = planFor(device.installed, [next, other], shelf);
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "rolled-back");
  asked(shelf);
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "rolled-back");
  assert.deepEqual(asked(shelf), NOTHING);
});

test("what was fetched stays when the transaction is stopped before the switch", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const packet = shelf.add("app", TREE);
  const plan = planFor([], [packet], shelf);
  const stop = new AbortController();
  const stopped = await bench.open({ log: ({ event }) => event === "stage" && stop.abort() });
  await assert.rejects(stopped.carryOut(plan, shelf, stop.signal));
  assert.notDeepEqual(asked(shelf), NOTHING);
  // Nobody has seen it: it need not be copied.
  assert.deepEqual(
    fetchedOn(bench).filter((name) => name.includes(".")),
    [],
  );
  const device = await bench.open();
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
  assert.deepEqual(asked(shelf), NOTHING);
});

test("what was staged is not copied the next time, when the transaction is stopped before the switch", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const plan = planFor([], [shelf.add("app", TREE)], shelf);
  const stop = new AbortController();
  const life = new Life(({ call, site }) => {
    if (call === "renameSync" && site().includes("putFile")) stop.abort();
    return "go on";
  });
  const stopped = await bench.open();
  await assert.rejects(life.run(() => stopped.carryOut(plan, shelf, stop.signal)));
  assert.ok(stop.signal.aborted);
  assert.deepEqual(
    fetchedOn(bench).filter((name) => name.includes(".")),
    [],
  );
  asked(shelf);
  assert.equal((await (await bench.open()).carryOut(plan, shelf, NEVER)).outcome, "committed");
  assert.deepEqual(asked(shelf), NOTHING);
});

/** Where the agent dies: in which function, at its how manieth change of the disk. */
const DEATHS = { "while it stages": ["putFile", 5], "in the switch": ["place (switch)", 7] } as const;

for (const [when, [where, nth]] of Object.entries(DEATHS))
  test(`what was fetched stays when the agent dies ${when}`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const plan = planFor([], [shelf.add("app", TREE)], shelf);
    let times = 0;
    const life = new Life(({ site }) => {
      if (site().includes(where)) times += 1;
      return times === nth ? "die" : "go on";
    });
    const dying = await bench.open();
    await life.run(() => dying.carryOut(plan, shelf, NEVER));
    assert.ok(life.isDead);
    asked(shelf);
    const device = await bench.open();
    assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
    assert.deepEqual(asked(shelf), NOTHING);
  });

/** What is synced, where, and how often the server is asked again when that failed. */
const SYNCS = [
  {
    what: "files that are staged",
    where: "makeDurable (stage)",
    again: { ...NOTHING, asked: 1, bundles: 1 },
  },
  { what: "a script", where: "syncScript (write-blob)", again: { ...NOTHING, asked: 1 } },
];

for (const { what, where, again } of SYNCS)
  for (const isRestarted of [false, true])
    test(`what a disk did not take of ${what} is fetched again${isRestarted ? ", after a restart too" : ""}`, async () => {
      using bench = new Bench();
      const shelf = new Shelf();
      const packet = shelf.add("app", TREE, { postinst: "exit 0\n" });
      const plan = planFor([], [packet], shelf);
      let failed = 0;
      const life = new Life(({ call, site }) => {
        if (failed > 0 || !isSync(call) || !site().includes(where)) return "go on";
        failed += 1;
        return { error: "EIO" };
      });
      let device = await bench.open();
      const broken = await life.run(() => device.carryOut(plan, shelf, NEVER));
      assert.deepEqual([failed, broken?.error?.code], [1, "DEVICE_IO"]);
      asked(shelf);
      if (isRestarted) device = await bench.open();
      assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
      assert.deepEqual(asked(shelf), again, "synced once more it would be believed to be there");
    });

test("a newer plan keeps what it needs of what was fetched, and nothing else", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const first = shelf.add("app", TREE, { postinst: POSTINST });
  const second = shelf.add("app", { "opt/large": LARGE, "opt/new": "new\n" }, { postinst: "exit 1\n" });
  const device = await bench.open();
  const fail = async (packet: Packet) =>
    assert.equal((await device.carryOut(planFor([], [packet], shelf), shelf, NEVER)).outcome, "rolled-back");
  await fail(first);
  asked(shelf);
  await fail(second);
  assert.deepEqual(asked(shelf), { asked: 2, bundles: 0, manifests: 1 }, "opt/new and the script");
  assert.equal(fetchedOn(bench).length, 2);
  assert.deepEqual(readdirSync(join(bench.state, "packets")), [`${second.digest}.json`]);
  assert.equal(readdirSync(join(bench.state, "scripts")).length, 1);
});

test("who kept a file of a plan that failed open has no hand in what is installed later", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const keep = 'ln "$JAMES_ROOT/opt/large" "$JAMES_ROOT/../kept-$$"\n';
  const packet = shelf.add(
    "app",
    { "opt/large": LARGE, "opt/small": "small\n" },
    { postinst: keep + POSTINST },
  );
  const device = await bench.open();
  const plan = planFor([], [packet], shelf);
  await device.carryOut(plan, shelf, NEVER);
  const [kept = ""] = readdirSync(bench.dir).filter((name) => name.startsWith("kept"));
  writeFileSync(join(bench.dir, "ok"), "");
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
  writeFileSync(join(bench.dir, kept), "changed");
  assert.equal(readFileSync(join(bench.root, "opt/large"), "utf8"), LARGE);
});

test("what was changed of a file of a plan that failed is fetched again", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const spoil = 'echo more >> "$JAMES_ROOT/opt/large"\n';
  const packet = shelf.add("app", { "opt/large": LARGE }, { postinst: spoil + POSTINST });
  const device = await bench.open();
  const plan = planFor([], [packet], shelf);
  await device.carryOut(plan, shelf, NEVER);
  asked(shelf);
  await device.carryOut(plan, shelf, NEVER);
  assert.deepEqual(asked(shelf), { ...NOTHING, asked: 1 });
});

test("what was fetched stays when it cannot even be written that the plan failed, and the server hears of it", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const first = shelf.add("first", { "etc/first": "first\n" });
  const packet = shelf.add("app", TREE);
  const plan = planFor([first], [first, packet], shelf);
  mkdirSync(join(bench.root, "opt"));
  writeFileSync(join(bench.root, "opt/large"), "somebody's\n");
  const device = await bench.open();
  assert.equal((await device.carryOut(planFor([], [first], shelf), shelf, NEVER)).outcome, "committed");
  // In the way of every write of state.json.
  rmSync(join(bench.state, "state.json"), { force: true });
  mkdirSync(join(bench.state, "state.json", "x"), { recursive: true });
  assert.equal((await device.carryOut(plan, shelf, NEVER)).error?.code, "PATH_NOT_OWNED");
  assert.equal(device.pendingReport()?.error?.code, "PATH_NOT_OWNED");
  asked(shelf);
  rmSync(join(bench.state, "state.json"), { recursive: true });
  rmSync(join(bench.root, "opt/large"));
  assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
  assert.deepEqual(asked(shelf), NOTHING);
});
