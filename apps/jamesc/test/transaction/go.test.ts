import assert from "node:assert/strict";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Digest, JamesError, type Packet } from "@jamesd/model";
import type { PlanMessage, Transaction } from "@jamesd/protocol/device";
import { readTree, requireTool, sh, skipUnless } from "@jamesd/testkit";
import type { Device, Go } from "../../src/transaction/index.ts";
import { NEW_DEVICE, type SavedState } from "../../src/transaction/journal/device-state.ts";
import { StateFile } from "../../src/transaction/journal/state-file.ts";
import { readWaits } from "../../src/transaction/journal/waits.ts";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";

/** Holds every plan until it is opened. */
class Gate {
  isOpen = false;
  readonly asked: number[] = [];
  readonly go: Go = async ({ revision }) => {
    this.asked.push(revision);
    return this.isOpen ? undefined : { until: Date.now() + 5000, why: "the window is closed" };
  };
}

/** Carries out a plan that may not be begun; what the device has stays as it is. */
async function wait(device: Device, plan: PlanMessage, shelf: Shelf, bench: Bench): Promise<void> {
  const before = [readTree(bench.root), remembered(bench)];
  await assert.rejects(device.carryOut(plan, shelf, NEVER), (error) => {
    assert.ok(error instanceof JamesError && error.code === "NOT_YET");
    assert.match(error.message, /the window is closed/);
    assert.ok((error.retryAfterMs ?? 0) > 0 && (error.retryAfterMs ?? 0) <= 5000);
    return true;
  });
  assert.deepEqual([readTree(bench.root), remembered(bench)], before);
  for (const name of ["journal", "staging"]) assert.ok(!existsSync(join(bench.state, name)), name);
  assert.equal(device.pendingReport()?.revision, device.revision || undefined);
}

/** What the device remembers; that there is a file says nothing. */
function remembered({ state }: Bench): Omit<SavedState, "root"> {
  const { root, ...rest } = StateFile.open(join(state, "state.json"))?.saved ?? NEW_DEVICE;
  return rest;
}

function fetched({ state }: Bench): readonly string[] {
  return readdirSync(join(state, "fetched")).sort();
}

function contentsOf({ manifest }: Packet): readonly Digest[] {
  return manifest.flatMap((entry) => (entry.type === "file" ? [entry.digest] : [])).sort();
}

const committed = ({ outcome, error }: Transaction): void =>
  assert.equal(outcome, "committed", error?.message);

test("a plan that may not be begun is fetched and changes nothing; let go, it is not fetched again", async () => {
  using bench = new Bench();
  const [gate, shelf] = [new Gate(), new Shelf()];
  const device = await bench.open(gate);
  const packet = shelf.add("app", { "opt/a": "a", "opt/b": "b" });
  const plan = planFor([], [packet], shelf);
  await wait(device, plan, shelf, bench);
  assert.deepEqual(fetched(bench), contentsOf(packet));
  const asked = shelf.asked.length;
  await wait(device, plan, shelf, bench);
  gate.isOpen = true;
  committed(await device.carryOut(plan, shelf, NEVER));
  assert.equal(shelf.asked.length, asked);
  assert.deepEqual(shelf.manifests, [packet.digest]);
  assert.deepEqual(gate.asked, [1, 1, 1, 1], "before it is prepared anew, too");
  assert.deepEqual(
    device.installed.map(({ name }) => name),
    ["app"],
  );
});

test("what waits is still there after a restart", async () => {
  using bench = new Bench();
  const [gate, shelf] = [new Gate(), new Shelf()];
  const packet = shelf.add(
    "app",
    { "opt/a": "a", "opt/large": "x".repeat(200_000) },
    { preinst: "#!/bin/sh\n" },
  );
  const plan = planFor([], [packet], shelf);
  await wait(await bench.open(gate), plan, shelf, bench);
  const asked = shelf.asked.length;
  const device = await bench.open(gate);
  await wait(device, plan, shelf, bench);
  gate.isOpen = true;
  committed(await device.carryOut(plan, shelf, NEVER));
  // Of a large one that is whole nothing is asked for either.
  assert.equal(shelf.asked.length, asked);
  assert.deepEqual(shelf.manifests, [packet.digest]);
});

test("a newer wish takes the place of what waits, and keeps what it needs too", async () => {
  using bench = new Bench();
  const [gate, shelf] = [new Gate(), new Shelf()];
  const device = await bench.open(gate);
  const [old, next] = [
    shelf.add("app", { "opt/a": "a", "opt/b": "old" }),
    shelf.add("app", { "opt/a": "a", "opt/b": "new" }),
  ];
  await wait(device, planFor([], [old], shelf), shelf, bench);
  const asked = shelf.asked.length;
  await wait(device, planFor([], [next], shelf, 2), shelf, bench);
  assert.equal(shelf.asked.length, asked + 1);
  assert.deepEqual(fetched(bench), contentsOf(next));
  assert.equal(readdirSync(join(bench.state, "packets")).length, 1);
  gate.isOpen = true;
  committed(await device.carryOut(planFor([], [next], shelf, 2), shelf, NEVER));
  assert.equal(readFileSync(join(bench.root, "opt/b"), "utf8"), "new");
});

test("what changed on the device while a plan waited is seen when it is begun", async () => {
  using bench = new Bench();
  const [gate, shelf] = [new Gate(), new Shelf()];
  const device = await bench.open(gate);
  gate.isOpen = true;
  const old = shelf.add("app", { "opt/a": "a", "opt/b": "old" });
  committed(await device.carryOut(planFor([], [old], shelf), shelf, NEVER));
  await device.acknowledgeReport(device.pendingReport()?.id ?? "");
  gate.isOpen = false;
  const next = shelf.add("app", { "opt/a": "a", "opt/b": "new", "opt/c": "c" });
  const plan = planFor(device.installed, [next], shelf, 2);
  await assert.rejects(device.carryOut(plan, shelf, NEVER), /the window is closed/);
  // It was to be left where it is.
  writeFileSync(join(bench.root, "opt/a"), "edited");
  writeFileSync(join(bench.root, "opt/c"), "somebody's");
  gate.isOpen = true;
  const refused = await device.carryOut(plan, shelf, NEVER);
  assert.equal(refused.error?.code, "PATH_NOT_OWNED");
  assert.equal(readFileSync(join(bench.root, "opt/c"), "utf8"), "somebody's");
  rmSync(join(bench.root, "opt/c"));
  committed(await device.carryOut(plan, shelf, NEVER));
  assert.equal(readFileSync(join(bench.root, "opt/a"), "utf8"), "a");
});

const skip =
  requireTool("mount", "umount") ||
  skipUnless(process.getuid?.() === 0, "needs root to mount and give files away");

test("what is mounted, and whose files are, while a plan waited is seen when it is begun", {
  skip,
}, async () => {
  using bench = new Bench();
  const [gate, shelf] = [new Gate(), new Shelf()];
  const device = await bench.open(gate);
  const [srv, disk] = [join(bench.root, "srv"), join(bench.dir, "disk")];
  for (const folder of [srv, disk]) mkdirSync(folder);
  const mount = () => sh("mount", "--bind", disk, srv);
  mount();
  try {
    gate.isOpen = true;
    const old = shelf.add("app", { "srv/a": "a", "opt/b": "b" });
    committed(await device.carryOut(planFor([], [old], shelf), shelf, NEVER));
    gate.isOpen = false;
    const next = shelf.add("app", { "srv/a": "new", "opt/b": "b" });
    const plan = planFor(device.installed, [next], shelf, 2);
    await assert.rejects(device.carryOut(plan, shelf, NEVER), /the window is closed/);
    gate.isOpen = true;
    sh("umount", srv);
    const refused = await device.carryOut(plan, shelf, NEVER);
    assert.equal(refused.error?.code, "MOUNT_CHANGED");
    assert.deepEqual(readdirSync(srv), []);
    mount();
    // It was to be left where it is.
    chownSync(join(bench.root, "opt/b"), 1000, 1000);
    committed(await device.carryOut(plan, shelf, NEVER));
    assert.equal(readFileSync(join(disk, "a"), "utf8"), "new");
    assert.equal(statSync(join(bench.root, "opt/b")).uid, 0);
  } finally {
    sh("umount", srv);
  }
});

test("the agent is stopped while a plan is prepared: nothing is asked and nothing changed", async () => {
  using bench = new Bench();
  const [gate, shelf] = [new Gate(), new Shelf()];
  const device = await bench.open(gate);
  const packet = shelf.add("app", { "opt/a": "a" });
  const stopped = AbortSignal.abort();
  await assert.rejects(device.carryOut(planFor([], [packet], shelf), shelf, stopped), { name: "AbortError" });
  assert.deepEqual(gate.asked, []);
  await wait(device, planFor([], [packet], shelf), shelf, bench);
});

test("what waits to be begun is told to people on the device, also of a process that is gone; nothing of it is written twice", async () => {
  using bench = new Bench();
  const [gate, shelf] = [new Gate(), new Shelf()];
  const packet = shelf.add("app", { "opt/a": "a" });
  const plan = planFor([], [packet], shelf);
  const file = join(bench.state, "waits.json");
  const waits = () => readWaits(file);
  const first = await bench.open(gate);
  await wait(first, plan, shelf, bench);
  const { since, ...said } = waits() ?? {};
  const apps = [{ name: "app", tags: packet.tags }];
  assert.deepEqual(said, { format: 1, revision: plan.revision, why: "the window is closed", apps });
  assert.ok(since);
  writeFileSync(file, JSON.stringify({ ...said, since: 1 }));
  await wait(first, plan, shelf, bench);
  const device = await bench.open(gate);
  await wait(device, plan, shelf, bench);
  assert.equal(waits()?.since, 1);
  gate.isOpen = true;
  committed(await device.carryOut(plan, shelf, NEVER));
  assert.ok(!existsSync(file));
  gate.isOpen = false;
  await wait(device, { ...plan, ...planFor([packet], [], shelf), revision: 2 }, shelf, bench);
  assert.ok(waits());
  device.waitsNoMore();
  assert.ok(!existsSync(file));
  for (const damaged of ["", "{", "null", "[]", '{"format":2}', '{"format":1,"revision":1,"why":1}']) {
    writeFileSync(file, damaged);
    assert.equal(waits(), undefined, damaged);
  }
});
