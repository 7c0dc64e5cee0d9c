import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

/** A path of 3,767 bytes in fifteen folders, each of which has nearly the longest name there is. */
const DEEP = [...Array.from({ length: 15 }, (_, i) => String(i).padStart(250, "0")), "f"].join("/");

test("a file at a path that is nearly as long as one may be comes and goes, with its folders", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const device = await bench.open();
  const packet = shelf.add("deep", { [DEEP]: "deep\n" });
  const come = await device.carryOut(planFor([], [packet], shelf), shelf, NEVER);
  assert.equal(come.outcome, "committed", come.error?.message);
  assert.equal(readFileSync(join(bench.root, DEEP), "utf8"), "deep\n");
  const gone = await device.carryOut(planFor(device.installed, [], shelf, 2), shelf, NEVER);
  assert.equal(gone.outcome, "committed", gone.error?.message);
  assert.deepEqual(readdirSync(bench.root), []);
});
