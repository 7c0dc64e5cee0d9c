import assert from "node:assert/strict";
import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { layoutOf } from "../../../src/transaction/disk/layout.ts";
import { markOf } from "../../../src/transaction/drift/mark.ts";
import { type Note, readNote, writeNote } from "../../../src/transaction/drift/note.ts";
import { Bench, driftOf, NEVER, planFor, reinstallOf, Shelf } from "../fixture.ts";

test("what changed without a trace is found when all contents are compared, and put right when an app is installed again", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add("app", { "opt/app": "right\n" });
  const device = await bench.open();
  await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  const path = join(bench.root, "opt/app");
  const layout = layoutOf(bench.state);
  /** As a disk does: what is known of the file besides its content is what it was. */
  const rot = (): void => {
    writeFileSync(path, "wrong\n");
    const note = readNote(layout, app.digest) as Note;
    const lines = [...note.lines()].map((line) => ({ ...line, mark: markOf(lstatSync(path)), kinds: [] }));
    writeNote(layout, app.digest, note, lines);
  };
  rot();
  assert.deepEqual(await driftOf(device, "what was touched"), {});
  assert.deepEqual(await driftOf(device, "all contents"), { "opt/app": "content" });
  rot();
  const result = await device.carryOut(reinstallOf(device.installed, "app", shelf, 2), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
  assert.equal(readFileSync(path, "utf8"), "right\n");
});
