import assert from "node:assert/strict";
import { lstatSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Packet } from "@jamesd/model";
import { readTree, requireTool, sh, skipUnless } from "@jamesd/testkit";
import type { Device } from "../../../src/transaction/index.ts";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

const NAMES = ["bin/box", "bin/ls", "sbin/init"];
const box = (text: string): Tree => ({
  "bin/box": { text, mode: 0o755 },
  "bin/ls": { sameAs: "bin/box" },
  "sbin/init": { sameAs: "bin/box" },
});

/** A device and what is brought to it. */
class Case implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Shelf();
  #device: Device | undefined;

  async bring(...wanted: readonly Packet[]) {
    this.#device ??= await this.bench.open();
    const device = this.#device;
    return await device.carryOut(planFor(device.installed, wanted, this.shelf), this.shelf, NEVER);
  }

  /** How many files these names are, and how many names each has. */
  files(names: readonly string[] = NAMES): { inodes: number; links: readonly number[] } {
    const stats = names.map((name) => lstatSync(join(this.bench.root, name)));
    return { inodes: new Set(stats.map(({ ino }) => ino)).size, links: stats.map(({ nlink }) => nlink) };
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

test("hard links are one file on the device, after an upgrade as well, and go with the packet", async () => {
  using one = new Case();
  for (const text of ["1\n", "2\n"]) {
    const { outcome, error } = await one.bring(one.shelf.add("box", box(text)));
    assert.equal(outcome, "committed", error?.message);
    assert.deepEqual(one.files(), { inodes: 1, links: [3, 3, 3] });
    assert.equal(statSync(join(one.bench.root, "bin/ls")).mode & 0o7777, 0o755);
  }
  await one.bring();
  assert.deepEqual(readTree(one.bench.root), {});
});

test("what were copies become links, and the other way round, though no content changes", async () => {
  using one = new Case();
  const copy = { text: "1\n", mode: 0o755 };
  const copies = one.shelf.add("box", { "bin/box": copy, "bin/ls": copy, "sbin/init": copy });
  const links = one.shelf.add("box", box("1\n"));
  await one.bring(copies);
  assert.equal(one.files().inodes, 3);
  await one.bring(links);
  assert.equal(one.files().inodes, 1);
  await one.bring(copies);
  assert.deepEqual(one.files(), { inodes: 3, links: [1, 1, 1] });
});

test("undone, the old links are the same file as before", async () => {
  using one = new Case();
  await one.bring(one.shelf.add("box", box("1\n")));
  const before = readTree(one.bench.root);
  const { ino } = statSync(join(one.bench.root, "bin/box"));
  const broken = one.shelf.add("box", box("2\n"), { postinst: "exit 1\n" });
  assert.equal((await one.bring(broken)).outcome, "rolled-back");
  assert.deepEqual(readTree(one.bench.root), before);
  assert.deepEqual(one.files(), { inodes: 1, links: [3, 3, 3] });
  assert.equal(statSync(join(one.bench.root, "bin/ls")).ino, ino);
});

test("a name that is a configuration file with a mode of its own on the device is a file of its own", async () => {
  using one = new Case();
  const conf = (text: string) =>
    one.shelf.add("app", { "etc/a": text, "etc/b": { sameAs: "etc/a" } }, {}, { conffiles: ["etc/a"] });
  await one.bring(conf("1\n"));
  writeFileSync(join(one.bench.root, "etc/a"), "mine\n");
  const result = await one.bring(conf("2\n"));
  assert.equal(result.outcome, "committed", result.error?.message);
  const texts = Object.keys(readTree(one.bench.root));
  assert.deepEqual(texts, ["etc", "etc/a", "etc/a.jamesd-new", "etc/b"]);
  assert.equal(one.files(["etc/a.jamesd-new", "etc/b"]).inodes, 2);
});

test("fifty names of one file take the room of one, on a disk that has no more", {
  skip: requireTool("mount", "umount") || skipUnless(process.getuid?.() === 0, "needs root to mount"),
}, async () => {
  using one = new Case();
  sh("mount", "-t", "tmpfs", "-o", "size=3m", "jamesc-test", one.bench.root);
  try {
    const names = Array.from({ length: 50 }, (_, i) => [`bin/n${i}`, { sameAs: "bin/box" }]);
    const text = "x".repeat(1_000_000);
    const many = one.shelf.add("box", { "bin/box": text, ...Object.fromEntries(names) });
    const result = await one.bring(many);
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.equal(statSync(join(one.bench.root, "bin/n7")).nlink, 51);
    assert.equal(one.shelf.asked.length + one.shelf.bundles.length, 1, "it is fetched once");
  } finally {
    sh("umount", one.bench.root);
  }
});
