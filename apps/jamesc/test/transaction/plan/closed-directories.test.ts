import assert from "node:assert/strict";
import { chownSync } from "node:fs";
import { test } from "node:test";
import { readTree, skipUnless, steps, sweepTest } from "@jamesd/testkit";
import "../faults/calls.ts";
import { Life } from "../faults/life.ts";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

const skip = skipUnless(process.getuid?.() === 0, "needs root to become another user");
const NOBODY = 65534;

const store = (text: string, file = "x"): Tree => ({
  store: { dir: 0o755 },
  "store/p": { dir: 0o555 },
  "store/p/bin": { dir: 0o555 },
  [`store/p/bin/${file}`]: { text, mode: 0o444 },
});

/** As a user for whom modes count. */
async function asNobody(use: (bench: Bench, shelf: Shelf) => Promise<void>): Promise<void> {
  using bench = new Bench();
  chownSync(bench.dir, NOBODY, NOBODY);
  chownSync(bench.root, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    await use(bench, new Shelf());
  } finally {
    process.seteuid?.(0);
  }
}

test("folders of mode 0555 are filled, upgraded and removed by an agent that is not root", { skip }, () =>
  asNobody(async (bench, shelf) => {
    const device = await bench.open();
    const bring = async (...trees: Tree[]) => {
      const wanted = trees.map((tree) => shelf.add("app", tree));
      const result = await device.carryOut(planFor(device.installed, wanted, shelf), shelf, NEVER);
      assert.equal(result.outcome, "committed", result.error?.message);
      return Object.entries(readTree(bench.root)).map(([path, { mode }]) => `${path} ${mode.toString(8)}`);
    };
    const folders = ["store 755", "store/p 555", "store/p/bin 555"];
    assert.deepEqual(await bring(store("1\n")), [...folders, "store/p/bin/x 444"]);
    assert.deepEqual(await bring(store("2\n")), [...folders, "store/p/bin/x 444"]);
    assert.deepEqual(await bring(store("2\n", "y")), [...folders, "store/p/bin/y 444"]);
    assert.deepEqual(await bring(), []);
  }),
);

sweepTest("killed at any point, it is as before or as wished, modes included", { skip }, () =>
  asNobody(async (bench, shelf) => {
    const [one, two, other] = [
      shelf.add("app", store("1\n")),
      shelf.add("app", store("2\n", "y")),
      shelf.add("other", { store: { dir: 0o755 }, "store/p": { dir: 0o555 }, "store/p/other": "1\n" }),
    ];
    let device = await bench.open();
    const first = await device.carryOut(planFor([], [one, other], shelf), shelf, NEVER);
    assert.equal(first.outcome, "committed", first.error?.message);
    const before = readTree(bench.root);
    for (const at of steps("closed directories", 5)) {
      const life = new Life(({ number }) => (number === at ? "die" : "go on"));
      await life.run(() => device.carryOut(planFor(device.installed, [two, other], shelf), shelf, NEVER));
      device = await bench.open();
      if (life.isDead && device.installed.some(({ digest }) => digest === one.digest))
        assert.deepEqual(readTree(bench.root), before, `at ${at}`);
      else {
        assert.equal(readTree(bench.root)["store/p"]?.mode, 0o555, `at ${at}`);
        await device.carryOut(planFor(device.installed, [one, other], shelf), shelf, NEVER);
        assert.deepEqual(readTree(bench.root), before, `and back, at ${at}`);
      }
      if (!life.isDead) break;
    }
  }),
);
