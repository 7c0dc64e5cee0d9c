import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readTree } from "@jamesd/testkit";
import { layoutOf } from "../../../src/transaction/disk/layout.ts";
import { comparedContents } from "../../../src/transaction/drift/compared.ts";
import { Bench, driftOf, NEVER, planFor, repairOf, Shelf } from "../fixture.ts";

const isRoot = process.getuid?.() === 0;

/** A device with an app of every kind of entry, a configuration file, and what its script writes. */
async function installed(bench: Bench, shelf: Shelf) {
  const app = shelf.add(
    "app",
    {
      "opt/app/content": "content\n",
      "opt/app/same-size": "1\n",
      "opt/app/gone": "gone\n",
      "opt/app/mode": { text: "mode\n", mode: 0o755 },
      "opt/app/owner": "owner\n",
      "opt/app/l": { link: "content" },
      "opt/app/type": "type\n",
      "opt/app/dir": { dir: 0o750 },
      "opt/app/dir/in": "in\n",
      "opt/app/away": { dir: 0o711 },
      "opt/app/away/in": "away\n",
      "opt/app/one": "one file\n",
      "opt/app/other": { sameAs: "opt/app/one" },
      "opt/app/untouched": "untouched\n",
      "opt/app/shared": { text: "shared\n", mode: 0o664 },
      "opt/app/cache/index": "0\n",
      "etc/app.conf": "conf\n",
    },
    { postinst: 'echo 1 > "$JAMES_ROOT/opt/app/cache/index"\n' },
    { conffiles: ["etc/app.conf"], volatile: ["opt/app/cache"] },
  );
  const device = await bench.open();
  assert.equal((await device.carryOut(planFor([], [app], shelf), shelf, NEVER)).outcome, "committed");
  return { app, device, at: (path: string) => join(bench.root, "opt/app", path) };
}

/** Does to a file what leaves its size and times as they were: only its time of change tells. */
function rewrite(path: string, text: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(path, text);
  utimesSync(path, atime, mtime);
}

/** Something of every kind that may happen to files of packets. @returns what is to be seen of it */
function damage(at: (path: string) => string): Record<string, string> {
  appendFileSync(at("content"), "more\n");
  rewrite(at("same-size"), "2\n");
  rmSync(at("gone"));
  chmodSync(at("mode"), 0o777);
  if (isRoot) chownSync(at("owner"), 1234, 1234);
  rmSync(at("l"));
  symlinkSync("/etc/passwd", at("l"));
  rmSync(at("type"));
  symlinkSync("content", at("type"));
  chmodSync(at("dir"), 0o700);
  if (isRoot) chownSync(at("dir"), 1234, 1234);
  rmSync(at("away"), { recursive: true });
  rmSync(at("other"));
  writeFileSync(at("other"), "not one file any more\n");
  // None of these is drift.
  writeFileSync(at("cache/index"), "2\n");
  writeFileSync(at("../../etc/app.conf"), "edited\n");
  writeFileSync(at("stranger"), "nobody's\n");
  return {
    "opt/app/content": "content",
    "opt/app/same-size": "content",
    "opt/app/gone": "missing",
    "opt/app/mode": "mode",
    ...(isRoot && { "opt/app/owner": "owner" }),
    "opt/app/l": "target",
    "opt/app/type": "type",
    "opt/app/dir": isRoot ? "mode,owner" : "mode",
    "opt/app/away": "missing",
    "opt/app/away/in": "missing",
    "opt/app/other": "content",
  };
}

test("what is done to files of packets is seen by the note alone, without it, and after a restart", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const { device, at } = await installed(bench, shelf);
  assert.deepEqual(await driftOf(device, "what was touched"), {});
  const seen = damage(at);
  assert.deepEqual(await driftOf(device, "what was touched"), seen);
  // Noted as it is, it is not compared anew; nor forgotten.
  assert.deepEqual(await driftOf(device, "what was touched"), seen);
  assert.equal(device.drift?.apps[0]?.kinds.missing, 3);
  const [note = ""] = readdirSync(join(bench.state, "packets")).filter((name) => name.endsWith(".note"));
  for (const spoil of [
    () => appendFileSync(join(bench.state, "packets", note), "torn"),
    () => rmSync(join(bench.state, "packets", note)),
  ]) {
    spoil();
    const again = await bench.open();
    assert.equal(again.drift, undefined);
    // What a directory was like is known by the note alone.
    assert.deepEqual(await driftOf(again, "what was touched"), without(seen, "opt/app/dir"));
  }
});

test("what has drifted is put right exactly, as one transaction, from copies on the device and from the server", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const { app, device, at } = await installed(bench, shelf);
  const copy = shelf.add("copy", { "opt/copy": "gone\n" });
  await device.carryOut(planFor(device.installed, [app, copy], shelf, 2), shelf, NEVER);
  const before = readTree(bench.root);
  await driftOf(device, "what was touched");
  const untouched = statSync(at("untouched")).ino;
  damage(at);
  const kept = ["etc/app.conf", "opt/app/cache/index", "opt/app/stranger"];
  const damaged = readTree(bench.root);
  shelf.asked.length = 0;
  shelf.bundles.length = 0;
  const result = await device.carryOut(repairOf(device.installed, { revision: 2 }), shelf, NEVER);
  assert.equal(result.outcome, "committed", result.error?.message);
  assert.equal(result.repair, true);
  assert.deepEqual(result.scripts, [], "no script runs");
  const expected = { ...before, ...Object.fromEntries(kept.map((path) => [path, damaged[path]])) };
  assert.deepEqual(readTree(bench.root), expected);
  assert.equal(statSync(at("one")).ino, statSync(at("other")).ino, "one file again");
  assert.equal(statSync(at("untouched")).ino, untouched, "what was right is left alone");
  const wanted = shelf.bundles.reduce((sum, [, count]) => sum + count, 0) + shelf.asked.length;
  assert.equal(wanted, 4, "what a copy is here of, or only had another mode, is not fetched");
  assert.deepEqual(await driftOf(device, "what was touched"), {});
  assert.deepEqual(await driftOf(device, "all contents"), {});
  for (const name of ["journal", "staging"]) assert.ok(!existsSync(join(bench.state, name)), name);
  assert.equal(readFileSync(join(bench.root, "etc/app.conf"), "utf8"), "edited\n");
  // What was repaired is still the packet's, edited in place as well: it goes with it.
  appendFileSync(at("content"), "edited\n");
  await device.carryOut(planFor(device.installed, [], shelf, 3), shelf, NEVER);
  assert.deepEqual(
    Object.keys(readTree(bench.root)).filter((path) => !path.startsWith("etc")),
    ["opt", "opt/app", "opt/app/stranger"],
  );
});

test("only what the policy wants is put right: the desired state's word counts more than the packet's", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const packets = (["report", "repair"] as const).map((drift) =>
    shelf.add(drift, { [`opt/${drift}`]: `${drift}\n` }, {}, { policy: { drift } }),
  );
  const silent = shelf.add("silent", { "opt/silent": "silent\n" });
  const device = await bench.open();
  await device.carryOut(planFor([], [...packets, silent], shelf), shelf, NEVER);
  const spoil = (): void => {
    for (const name of ["report", "repair", "silent"])
      writeFileSync(join(bench.root, "opt", name), "spoilt\n");
  };
  const drifted = async () => Object.keys(await driftOf(device, "what was touched"));
  spoil();
  assert.deepEqual((await drifted()).length, 3);
  assert.equal(device.drift?.repairable, 1);
  await device.carryOut(repairOf(device.installed, { policy: {} }), shelf, NEVER);
  assert.deepEqual(await drifted(), ["opt/report", "opt/silent"]);
  await device.carryOut(repairOf(device.installed), shelf, NEVER);
  assert.deepEqual(await drifted(), []);
  spoil();
  await device.carryOut(repairOf(device.installed, { policy: { drift: "report" } }), shelf, NEVER);
  assert.deepEqual((await drifted()).length, 3);
});

test("a look ends as soon as a transaction begins, and what it had not finished does not count", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const tree = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`opt/${n}`, `${n}\n`]));
  const app = shelf.add("app", tree);
  const device = await bench.open();
  await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  // One byte a second: it would take days.
  const looking = device.lookForDrift({ share: 1, bytesPerSecond: 1 }, 0, NEVER);
  await sleep(20);
  const result = await device.carryOut(planFor(device.installed, [], shelf, 2), shelf, NEVER);
  assert.equal(result.outcome, "committed");
  assert.equal(await looking, false);
  assert.equal(device.drift, undefined);
  await assert.doesNotReject(device.lookForDrift({ share: 1, bytesPerSecond: 1 }, 0, AbortSignal.abort()));
});

test("a link that is swapped in above what is repaired leads no repair elsewhere", {
  skip: isRoot ? false : "needs root",
}, async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const app = shelf.add("app", { "home/u/app/tool": { text: "tool\n", mode: 0o755 } });
  const device = await bench.open();
  await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
  const before = join(bench.root, "home/u/app");
  chownSync(join(bench.root, "home/u"), 1234, 1234);
  mkdirSync(join(bench.root, "sbin"));
  writeFileSync(join(bench.root, "sbin/tool"), "root's own\n");
  const secret = readTree(join(bench.root, "sbin"));
  // As the user may: the directory goes aside, and a link to one of root's comes into its place.
  renameSync(before, `${before}.mine`);
  symlinkSync("/sbin", before);
  const lchown = await import("node:fs").then(({ lchownSync }) => lchownSync);
  lchown(before, 1234, 1234);
  assert.deepEqual(await driftOf(device, "what was touched"), { "home/u/app/tool": "missing" });
  const result = await device.carryOut(repairOf(device.installed), shelf, NEVER);
  assert.equal(result.outcome, "rolled-back");
  assert.deepEqual(readTree(join(bench.root, "sbin")), secret);
  // A hard link to what is root's is no file of the packet's either.
  rmSync(before);
  renameSync(`${before}.mine`, before);
  rmSync(join(before, "tool"));
  linkSync(join(bench.root, "sbin/tool"), join(before, "tool"));
  const again = await device.carryOut(repairOf(device.installed), shelf, NEVER);
  assert.equal(again.outcome, "committed", again.error?.message);
  assert.deepEqual(readTree(join(bench.root, "sbin")), secret);
  assert.equal(readFileSync(join(before, "tool"), "utf8"), "tool\n");
});

test("a file is known to have its content as long as nothing was done to it since it was compared", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const { app, at } = await installed(bench, shelf);
  const layout = layoutOf(bench.state);
  const contents = new Map(
    app.manifest.flatMap((entry) => (entry.type === "file" ? [[entry.path, entry.digest]] : [])),
  );
  const known = (): readonly string[] => {
    const knownContent = comparedContents([app], layout);
    const contentOf = (path: string) => knownContent(path, lstatSync(join(bench.root, path)));
    const found = [...contents].filter(([path]) => contentOf(path) !== undefined);
    for (const [path, digest] of found) assert.equal(contentOf(path), digest);
    return found.map(([path]) => path);
  };
  const device = await bench.open();
  // What changed just now may change once more in the same tick of the clock.
  await sleep(30);
  await driftOf(device, "all contents");
  // Who may write to the shared one may have mapped it.
  const all = [...contents.keys()].filter((path) => !/cache|etc|shared/.test(path));
  assert.deepEqual(known(), all);
  rewrite(at("same-size"), "2\n");
  chmodSync(at("mode"), 0o700);
  chmodSync(at("mode"), 0o755);
  const left = all.filter((path) => !/same-size|mode/.test(path));
  assert.deepEqual(known(), left);
  // The one that only was touched is compared again, and known.
  await sleep(30);
  await driftOf(device, "what was touched");
  assert.deepEqual(
    known(),
    all.filter((path) => !/same-size/.test(path)),
  );
  for (const name of readdirSync(join(bench.state, "packets")))
    if (name.endsWith(".note")) rmSync(join(bench.state, "packets", name));
  assert.deepEqual(known(), []);
});

function without(all: Record<string, string>, path: string): Record<string, string> {
  const { [path]: _, ...rest } = all;
  return rest;
}
