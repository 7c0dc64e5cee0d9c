import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const INSTEAD: { readonly [what: string]: (path: string) => void } = {
  "a pipe": (path) => {
    rmSync(path);
    execFileSync("mkfifo", [path]);
  },
  "a folder": (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  "a file without end": (path) => truncateSync(path, 3 * 2 ** 30),
};

/** What only a look at all of it shows to be another. */
const FLIPPED: typeof INSTEAD = {
  "a file with a flipped bit": (path) => {
    const bytes = readFileSync(path);
    // A letter of a word in quotes, or of a script, becomes another.
    const at = Math.max(bytes.indexOf('"app'), 0) + 1;
    bytes[at] = (bytes[at] ?? 0) ^ 2;
    writeFileSync(path, bytes);
  },
};

/** A device with an app that has a script. */
async function installed(bench: Bench, shelf: Shelf): Promise<void> {
  const packet = shelf.add("app", { app: "1\n" }, { postinst: "true\n" });
  const result = await (await bench.open()).carryOut(planFor([], [packet], shelf), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
}

for (const [what, put] of Object.entries(INSTEAD)) {
  test(`${what} in the place of state.json is told by its name, and nothing is touched`, async () => {
    using bench = new Bench();
    await installed(bench, new Shelf());
    const before = readTree(bench.root);
    put(join(bench.state, "state.json"));
    const device = await bench.open();
    assert.equal(device.stuck?.error?.code, "DEVICE_IO");
    assert.match(device.stuck?.error?.message ?? "", /state\.json is (?:no file|\d+ bytes long)/);
    assert.deepEqual(readTree(bench.root), before);
  });
}

for (const [what, put] of Object.entries({ ...INSTEAD, ...FLIPPED }))
  test(`${what} in the place of a manifest or a script is fetched anew`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    await installed(bench, shelf);
    for (const folder of ["packets", "scripts"])
      for (const name of readdirSync(join(bench.state, folder))) put(join(bench.state, folder, name));
    const device = await bench.open();
    assert.equal(device.stuck, undefined, device.stuck?.error?.message);
    const result = await device.carryOut(planFor(device.installed, [], shelf, 2), shelf, NEVER);
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.deepEqual(readTree(bench.root), {});
  });

for (const name of ["packets", "scripts", "fetched"])
  test(`a file in the place of the folder ${name} is told with the way out, by which nothing is lost`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const device = await bench.open();
    const packet = shelf.add("app", { app: "1\n" }, { prerm: "true\n" });
    await device.carryOut(planFor([], [packet], shelf), shelf, NEVER);
    rmSync(join(bench.state, name), { recursive: true });
    writeFileSync(join(bench.state, name), "");
    const { stuck } = await bench.open();
    assert.match(stuck?.error?.message ?? "", new RegExp(`${name} is no folder`));
    assert.match(stuck?.error?.hint ?? "", /^Move it away: jamesc makes the folder anew/);
    rmSync(join(bench.state, name));
    const again = await bench.open();
    const removed = await again.carryOut(planFor(again.installed, [], shelf, 2), shelf, NEVER);
    assert.equal(removed.outcome, "committed", removed.error?.message);
  });
