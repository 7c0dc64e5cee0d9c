import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Packet } from "@jamesd/model";
import { readTree } from "@jamesd/testkit";
import type { Device } from "../../../src/transaction/index.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

/** A device on which bin is usr/bin. */
async function merged(bench: Bench): Promise<Device> {
  mkdirSync(join(bench.root, "usr/bin"), { recursive: true });
  symlinkSync("usr/bin", join(bench.root, "bin"));
  return bench.open();
}

async function want(device: Device, shelf: Shelf, ...packets: readonly Packet[]) {
  return device.carryOut(planFor(device.installed, packets, shelf), shelf, NEVER);
}

async function has(device: Device, shelf: Shelf, ...packets: readonly Packet[]): Promise<void> {
  const { outcome, error } = await want(device, shelf, ...packets);
  assert.equal(outcome, "committed", error?.message);
}

test("an upgrade from one name of a place to the other is an upgrade, with scripts or without", async () => {
  for (const scripts of [{}, { postinst: "true\n" }]) {
    using bench = new Bench();
    const device = await merged(bench);
    const shelf = new Shelf();
    const same = "the same\n";
    const v1 = shelf.add("foo", { "bin/foo": "1\n", "bin/same": same, "bin/gone": "1\n" }, scripts);
    const v2 = shelf.add("foo", { "usr/bin/foo": "2\n", "usr/bin/same": same }, scripts);
    await has(device, shelf, v1);
    await has(device, shelf, v2);
    assert.deepEqual(readdirSync(join(bench.root, "usr/bin")).sort(), ["foo", "same"]);
    assert.equal(readFileSync(join(bench.root, "usr/bin/foo"), "utf8"), "2\n");
    await has(device, shelf, v1);
    assert.equal(readFileSync(join(bench.root, "bin/foo"), "utf8"), "1\n");
    await has(device, shelf);
    assert.deepEqual(readdirSync(join(bench.root, "usr/bin")), []);
    assert.ok(lstatSync(join(bench.root, "bin")).isSymbolicLink());
  }
});

test("of two packets that want one place under two names the second is refused, whatever is to be overwritten", async () => {
  using bench = new Bench();
  const device = await merged(bench);
  const shelf = new Shelf();
  const a = shelf.add("a", { "bin/foo": "a\n" });
  const b = shelf.add("b", { "usr/bin/foo": "b\n" }, {}, { policy: { unowned: "overwrite" } });
  await has(device, shelf, a);
  const refused = await want(device, shelf, a, b);
  assert.equal(refused.error?.code, "PATH_CONFLICT");
  assert.match(refused.error?.message ?? "", /b and a|a and b/);
  assert.equal(readFileSync(join(bench.root, "usr/bin/foo"), "utf8"), "a\n");
  await has(device, shelf, b);
  assert.equal(readFileSync(join(bench.root, "usr/bin/foo"), "utf8"), "b\n");
});

test("a packet that has both names of one place is refused", async () => {
  using bench = new Bench();
  const device = await merged(bench);
  const shelf = new Shelf();
  const both = shelf.add("both", { "bin/foo": { link: "../usr/bin/foo" }, "usr/bin/foo": "1\n" });
  const refused = await want(device, shelf, both);
  assert.equal(refused.error?.code, "PATH_CONFLICT");
  assert.match(refused.error?.message ?? "", /\/bin\/foo and \/usr\/bin\/foo/);
  const folders = shelf.add("folders", { bin: { dir: 0o755 }, "usr/bin": { dir: 0o755 }, "bin/x": "x\n" });
  await has(device, shelf, folders);
});

test("a device that is merged after a packet came keeps it in hand", async () => {
  using bench = new Bench();
  const device = await bench.open();
  const shelf = new Shelf();
  const v1 = shelf.add("foo", { "bin/foo": "1\n", "etc/foo": "1\n" }, {}, { conffiles: ["etc/foo"] });
  const v2 = shelf.add("foo", { "usr/bin/foo": "2\n", "etc/foo": "1\n" }, {}, { conffiles: ["etc/foo"] });
  await has(device, shelf, v1);
  mkdirSync(join(bench.root, "usr"));
  renameSync(join(bench.root, "bin"), join(bench.root, "usr/bin"));
  symlinkSync("usr/bin", join(bench.root, "bin"));
  renameSync(join(bench.root, "etc"), join(bench.root, "usr/etc"));
  symlinkSync("usr/etc", join(bench.root, "etc"));
  await has(device, shelf, v2);
  assert.deepEqual(readdirSync(join(bench.root, "usr/bin")), ["foo"]);
  writeFileSync(join(bench.root, "etc/foo"), "edited\n");
  await has(device, shelf);
  assert.equal(readFileSync(join(bench.root, "etc/foo"), "utf8"), "edited\n", "an edited one is known there");
  await has(device, shelf, v2);
  assert.equal(readFileSync(join(bench.root, "etc/foo"), "utf8"), "edited\n");
  assert.ok(existsSync(join(bench.root, "usr/bin/foo")));
});

test("a link that leaves leads nowhere for what comes", async () => {
  using bench = new Bench();
  const device = await bench.open();
  const shelf = new Shelf();
  const v1 = shelf.add("app", { "opt/rel-1/x": "1\n", "opt/cur": { link: "rel-1" }, "opt/keep": "k\n" });
  const other = shelf.add("other", { "opt/rel-1/y": "y\n" });
  const v2 = shelf.add("app", { "opt/cur/x": "2\n", "opt/cur/y": "2\n" });
  await has(device, shelf, v1, other);
  await has(device, shelf, v2, other);
  const files = ["opt/cur/x", "opt/cur/y", "opt/rel-1/y"];
  const tree = Object.keys(readTree(bench.root)).filter((path) => path.split("/").length === 3);
  assert.deepEqual(tree.sort(), files);
  await has(device, shelf, v1, other);
  await has(device, shelf);
  assert.deepEqual(readTree(bench.root), {});
});
