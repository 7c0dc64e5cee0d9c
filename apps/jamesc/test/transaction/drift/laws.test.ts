import assert from "node:assert/strict";
import { chmodSync, lstatSync, mkdirSync, rmSync, type Stats, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree } from "@jamesd/testkit";
import fc from "fast-check";
import { Bench, driftOf, NEVER, planFor, repairOf, Shelf } from "../fixture.ts";
import { wish } from "../wishes.ts";

/** What may be done to a path, whatever stands there. */
const DAMAGES = {
  delete: (path: string) => rmSync(path, { recursive: true, force: true }),
  file: (path: string) => replace(path, () => writeFileSync(path, "damaged\n")),
  link: (path: string) => replace(path, () => symlinkSync("nowhere", path)),
  directory: (path: string) => replace(path, () => mkdirSync(path)),
  mode: (path: string) => {
    const there = standingAt(path);
    if (there && !there.isSymbolicLink()) chmodSync(path, 0o711);
  },
  nothing: () => undefined,
};

/** Puts something in the place of what stands at a path, where its directory is still there. */
function replace(path: string, put: () => void): void {
  if (!standingAt(join(path, ".."))?.isDirectory()) return;
  rmSync(path, { recursive: true, force: true });
  put();
}

/** What stands at a path, if anything: a directory above it may be a file by now. */
function standingAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

const damage = fc.tuple(fc.nat(), fc.constantFrom(...(Object.keys(DAMAGES) as (keyof typeof DAMAGES)[])));

test("law: there is drift where a device is not as it was installed, with and without notes; a repair leaves none, or all", async () => {
  await fc.assert(
    fc.asyncProperty(
      wish,
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      async ({ name, tree }, damages) => {
        using bench = new Bench();
        const shelf = new Shelf();
        const packet = shelf.add(name, tree);
        const device = await bench.open();
        await device.carryOut(planFor([], [packet], shelf), shelf, NEVER);
        const before = readTree(bench.root);
        const paths = Object.keys(tree);
        for (const [index, what] of damages)
          DAMAGES[what](join(bench.root, paths[index % paths.length] ?? ""));
        const damaged = readTree(bench.root);
        const differing = paths.filter(
          (path) => JSON.stringify(before[path]) !== JSON.stringify(damaged[path]),
        );
        const quick = await driftOf(device, "what was touched");
        assert.deepEqual(Object.keys(quick).sort(), differing.sort());
        assert.deepEqual(await driftOf(device, "all contents"), quick);
        const { outcome } = await device.carryOut(repairOf(device.installed), shelf, NEVER);
        assert.deepEqual(readTree(bench.root), outcome === "committed" ? before : damaged);
        const left = await driftOf(device, "what was touched");
        assert.deepEqual(left, outcome === "committed" ? {} : quick);
      },
    ),
    { numRuns: 12 },
  );
});
