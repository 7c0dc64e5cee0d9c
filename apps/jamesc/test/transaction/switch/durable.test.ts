import assert from "node:assert/strict";
import { fstatSync, lstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Life, type Point } from "../faults/life.ts";
import "../faults/calls.ts";
import { isSync } from "../faults/plan.ts";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

/** Of each kind that is staged in a way of its own. */
const FILES: Tree = {
  "opt/alone": "alone\n",
  "opt/program": { text: "program\n", mode: 0o4755 },
  "opt/nobody-writes": { text: "nobody writes\n", mode: 0o400 },
  "opt/twice": { text: "twice\n", mode: 0o640 },
  "opt/twice-again": { text: "twice\n", mode: 0o600 },
  "opt/linked": { text: "linked\n", mode: 0o711 },
  "opt/linked-again": { sameAs: "opt/linked" },
};

/** Installs a tree, and watches what changes the disk meanwhile. */
async function install(bench: Bench, tree: Tree, watch: (point: Point) => void): Promise<void> {
  const shelf = new Shelf();
  const plan = planFor([], [shelf.add("app", tree, {}, { setid: true })], shelf);
  const life = new Life((point) => {
    watch(point);
    return "go on";
  });
  const device = await bench.open();
  const result = await life.run(() => device.carryOut(plan, shelf, NEVER));
  assert.equal(result?.outcome, "committed", result?.error?.message);
}

function likeness({ mode, uid, gid, size }: Stats): object {
  return { mode, uid, gid, size };
}

test("each file that comes is made durable with the mode and owner that it has then", async () => {
  using bench = new Bench();
  const synced = new Map<number, object>();
  await install(bench, FILES, ({ call, fd, site }) => {
    if (!site().includes("makeDurable")) return;
    if (isSync(call) && fd !== undefined) synced.set(fstatSync(fd).ino, likeness(fstatSync(fd)));
  });
  for (const path of Object.keys(FILES)) {
    const there = lstatSync(join(bench.root, path));
    assert.deepEqual(synced.get(there.ino), likeness(there), path);
  }
});

test("the disk takes many files while the device is looked at, and again when they are complete", async () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`opt/${n}`, `${n}\n`]));
  const flushes = async (tree: Tree): Promise<readonly string[]> => {
    using bench = new Bench();
    const seen: string[] = [];
    await install(bench, tree, ({ call, site }) => {
      if (call === "spawn") seen.push(/(?:beginWritingOut|makeDurable)/.exec(site())?.[0] ?? site());
      else if (call === "chmodSync" && seen.at(-1) !== call) seen.push(call);
    });
    return seen;
  };
  assert.deepEqual(await flushes(many), ["beginWritingOut", "chmodSync", "makeDurable"]);
  assert.deepEqual(await flushes(FILES), ["chmodSync"]);
});
