import assert from "node:assert/strict";
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Packet } from "@jamesd/model";
import { readTree } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const TREE = { "opt/app/f": "1\n", "opt/app/g": "1\n", "opt/app/l": { link: "f" } };

async function bringTo(bench: Bench, shelf: Shelf, ...packets: readonly Packet[]): Promise<void> {
  const device = await bench.open();
  const { outcome, error } = await device.carryOut(planFor(device.installed, packets, shelf), shelf, NEVER);
  assert.equal(outcome, "committed", error?.message);
}

test("what was edited in place goes with its packet, whatever became of the file's mode", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  await bringTo(bench, shelf, shelf.add("app", TREE));
  appendFileSync(join(bench.root, "opt/app/f"), "written by the app\n");
  await bringTo(bench, shelf);
  assert.deepEqual(readTree(bench.root), {});
});

test("what somebody put in the place of a packet's file or link stays when the packet goes, and that is logged", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  await bringTo(bench, shelf, shelf.add("app", TREE));
  const app = join(bench.root, "opt/app");
  // As editors do it; and removed and made anew, which may give it the same inode number.
  writeFileSync(join(app, "new"), "mine\n");
  renameSync(join(app, "new"), join(app, "f"));
  rmSync(join(app, "g"));
  writeFileSync(join(app, "g"), "mine\n");
  rmSync(join(app, "l"));
  symlinkSync("g", join(app, "l"));
  await bringTo(bench, shelf);
  assert.deepEqual(readdirSync(app).sort(), ["f", "g", "l"]);
  assert.equal(readFileSync(join(app, "f"), "utf8"), "mine\n");
  assert.equal(readFileSync(join(app, "g"), "utf8"), "mine\n");
  const left = bench.events.find(({ event }) => event === "left");
  assert.deepEqual(left?.paths, ["opt/app/l", "opt/app/g", "opt/app/f"]);
});

test("a file that was put back from a copy is the packet's by its content", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  await bringTo(bench, shelf, shelf.add("app", TREE));
  rmSync(join(bench.root, "opt"), { recursive: true });
  await bringTo(bench, shelf);
  await bringTo(bench, shelf, shelf.add("app", TREE));
  const f = join(bench.root, "opt/app/f");
  rmSync(f);
  writeFileSync(f, "1\n");
  const packets = join(bench.state, "packets");
  const [marks = ""] = readdirSync(packets).filter((name) => name.endsWith(".marks"));
  rmSync(join(packets, marks));
  await bringTo(bench, shelf);
  assert.deepEqual(readTree(bench.root), {}, "also without marks, as an earlier jamesc left it");
});

test("an upgrade puts its own in the place of what somebody put there, says so, and leaves what it no longer has", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  await bringTo(bench, shelf, shelf.add("app", TREE));
  const app = join(bench.root, "opt/app");
  for (const name of ["f", "g"]) {
    rmSync(join(app, name));
    writeFileSync(join(app, name), "mine\n");
  }
  await bringTo(bench, shelf, shelf.add("app", { "opt/app/f": "2\n", "opt/app/l": { link: "f" } }));
  assert.equal(readFileSync(join(app, "f"), "utf8"), "2\n");
  assert.equal(readFileSync(join(app, "g"), "utf8"), "mine\n");
  const [first, ...more] = bench.events.filter(({ event }) => event === "replaced");
  assert.deepEqual([first?.paths, more], [["opt/app/f"], []]);
  await bringTo(bench, shelf);
  assert.deepEqual(readdirSync(app), ["g"]);
  assert.deepEqual(readdirSync(join(bench.state, "packets")), []);
});

test("without marks an upgrade compares no contents only to say what it replaces", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  await bringTo(bench, shelf, shelf.add("app", TREE));
  const packets = join(bench.state, "packets");
  for (const name of readdirSync(packets))
    if (name.endsWith(".marks")) writeFileSync(join(packets, name), "\n");
  writeFileSync(join(bench.root, "opt/app/f"), "edited\n");
  await bringTo(bench, shelf, shelf.add("app", { ...TREE, "opt/app/f": "2\n" }));
  assert.deepEqual(
    bench.events.filter(({ event }) => event === "replaced"),
    [],
  );
});
