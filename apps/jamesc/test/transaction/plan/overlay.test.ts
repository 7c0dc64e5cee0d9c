import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTree, requireTool, sh, skipUnless } from "@jamesd/testkit";
import { Bench, driftOf, NEVER, planFor, Shelf } from "../fixture.ts";

const hasOverlays = readFileSync("/proc/filesystems", "utf8").includes("\toverlay\n");
const skip =
  requireTool("mount", "umount") ||
  skipUnless(process.getuid?.() === 0, "needs root to mount") ||
  skipUnless(hasOverlays, "needs a kernel with overlayfs");

/** A bench whose root is what OpenWrt, and many an image that is read-only, has: what changes lies over the image, on another file system. */
class Image implements Disposable {
  readonly bench = new Bench();
  readonly #below = this.#folder("below");
  readonly #above = this.#folder("above");

  constructor(files: Readonly<Record<string, string>>) {
    for (const folder of [this.#below, this.#above]) sh("mount", "-t", "tmpfs", "jamesc-test", folder);
    for (const name of ["upper", "work"]) mkdirSync(join(this.#above, name));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(this.#below, path, ".."), { recursive: true });
      writeFileSync(join(this.#below, path), text);
    }
    sh("mount", "-o", "remount,ro", this.#below);
    this.#mount();
  }

  /** As a restart of the device does. */
  remount(): void {
    sh("umount", this.bench.root);
    this.#mount();
  }

  #mount(): void {
    const [upper, work] = ["upper", "work"].map((name) => join(this.#above, name));
    const layers = `lowerdir=${this.#below},upperdir=${upper},workdir=${work}`;
    sh("mount", "-t", "overlay", "-o", layers, "jamesc-test", this.bench.root);
  }

  #folder(name: string): string {
    const path = join(this.bench.dir, name);
    mkdirSync(path);
    return path;
  }

  [Symbol.dispose](): void {
    for (const path of [this.bench.root, this.#above, this.#below]) sh("umount", path);
    this.bench[Symbol.dispose]();
  }
}

test("files of an image come under a packet, change, come back and go, though what changes lies on another file system", {
  skip,
}, async () => {
  using image = new Image({ "usr/bin/tool": "image\n", "usr/bin/same": "same\n", "etc/other": "other\n" });
  const { bench } = image;
  assert.notEqual(
    statSync(join(bench.root, "usr/bin/tool")).dev,
    statSync(bench.root).dev,
    "a file of the image and its folder seem to be on two file systems",
  );
  const shelf = new Shelf();
  const tree = (text: string) => ({ "usr/bin/tool": text, "usr/bin/same": "same\n", "opt/app/new": text });
  const v1 = shelf.add("app", tree("1\n"));
  const v2 = shelf.add("app", tree("2\n"));
  const bad = shelf.add("app", { ...tree("3\n"), "etc/other": "mine\n" }, { postinst: "exit 1\n" });
  let device = await bench.open();
  const before = readTree(bench.root);
  const policy = { unowned: "overwrite" } as const;
  const carryOut = (wanted: Parameters<typeof planFor>[1]) =>
    device.carryOut(planFor(device.installed, wanted, shelf, 1, { policy }), shelf, NEVER);

  assert.equal((await device.carryOut(planFor([], [v1], shelf), shelf, NEVER)).error?.code, "PATH_NOT_OWNED");
  assert.deepEqual(readTree(bench.root), before);
  for (const [version, text] of [
    [v1, "1\n"],
    [v2, "2\n"],
  ] as const) {
    const { outcome, error } = await carryOut([version]);
    assert.equal(outcome, "committed", error?.message);
    assert.equal(readFileSync(join(bench.root, "usr/bin/tool"), "utf8"), text);
    image.remount();
    device = await bench.open();
    assert.deepEqual(await driftOf(device, "what was touched"), {});
    assert.deepEqual(await driftOf(device, "all contents"), {});
  }

  const installed = readTree(bench.root);
  assert.equal((await carryOut([bad])).error?.code, "SCRIPT_FAILED");
  assert.deepEqual(readTree(bench.root), installed, "bit for bit as before");
  assert.equal((await carryOut([])).outcome, "committed");
  assert.deepEqual(Object.keys(readTree(bench.root)).sort(), ["etc", "etc/other", "usr", "usr/bin"].sort());
});
