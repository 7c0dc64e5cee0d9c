import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, linkSync, mkdirSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { requireTool, sh, skipUnless } from "@jamesd/testkit";
import {
  capabilityText,
  checkCapable,
  setCapabilities,
  setCapability,
} from "../../../src/transaction/disk/capability.ts";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

const isRoot = skipUnless(process.getuid?.() === 0, "needs root, who alone gives capabilities");
const skip = isRoot || requireTool("setcap", "getcap", "setfattr", "getfattr");
const NET_RAW = "0100000200200000000000000000000000000000";
const ADMIN = "0000000200002000000000000000000000000000";

function ping(text: string, capability?: string): Tree {
  return { "bin/ping": { text, mode: 0o755, ...(capability && { capability }) } };
}

/** A device and what is brought to it. */
class Case implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Shelf();

  async bring(tree: Tree | undefined, scripts = {}) {
    const wanted = tree ? [this.shelf.add("app", tree, scripts, { setid: true })] : [];
    const device = await this.bench.open();
    return await device.carryOut(planFor(device.installed, wanted, this.shelf), this.shelf, NEVER);
  }

  capability(path: string): string {
    const args = ["-d", "-e", "hex", "-m", "^security.capability$", path];
    const text = execFileSync("getfattr", args, { cwd: this.bench.root, encoding: "utf8" });
    return /=0x(\w+)/.exec(text)?.[1] ?? "";
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

test("a program comes with its capabilities, gets others or none by an update, and gets them back", {
  skip,
}, async () => {
  using one = new Case();
  for (const wanted of [NET_RAW, undefined, NET_RAW, ADMIN, undefined]) {
    assert.equal((await one.bring(ping("1\n", wanted))).outcome, "committed");
    assert.equal(one.capability("bin/ping"), wanted ?? "", "with the content that was there");
  }
  assert.equal((await one.bring(ping("2\n", ADMIN))).outcome, "committed");
  assert.equal(one.capability("bin/ping"), ADMIN);
});

test("all names of a file have its capabilities, and every one of many files", { skip }, async () => {
  using one = new Case();
  const many = Array.from({ length: 1100 }, (_, i) => [
    `bin/n${i}`,
    { text: "1\n", mode: 0o755, capability: ADMIN },
  ]);
  const tree = { ...ping("1\n", NET_RAW), "bin/pong": { sameAs: "bin/ping" }, ...Object.fromEntries(many) };
  assert.equal((await one.bring(tree)).outcome, "committed");
  assert.equal(one.capability("bin/pong"), NET_RAW);
  assert.equal(statSync(join(one.bench.root, "bin/ping")).nlink, 2);
  for (const name of ["bin/n0", "bin/n499", "bin/n500", "bin/n1099"])
    assert.equal(one.capability(name), ADMIN);
});

test("undone, the old program has its capabilities, and what was fetched has none for the next", {
  skip,
}, async () => {
  using one = new Case();
  await one.bring(ping("1\n", NET_RAW));
  const mine = join(one.bench.dir, "mine");
  mkdirSync(mine);
  linkSync(join(one.bench.root, "bin/ping"), join(mine, "old"));
  const postinst = `ln "$JAMES_ROOT/bin/ping" ${join(mine, "new")}\nexit 1\n`;
  assert.equal((await one.bring(ping("2\n", ADMIN), { postinst })).outcome, "rolled-back");
  assert.equal(one.capability("bin/ping"), NET_RAW);
  assert.equal(one.capability(join(mine, "old")), NET_RAW);
  assert.equal(one.capability(join(mine, "new")), "", "a user's link of what was taken back");
  assert.equal((await one.bring(ping("2\n"))).outcome, "committed");
  assert.equal(one.capability("bin/ping"), "");
  assert.equal(one.capability(join(mine, "old")), "", "a user's link of what was replaced");
});

const MOVE = `mkdir -p "$JAMES_ROOT/disk/app" && rmdir "$JAMES_ROOT/bin" && ln -s /disk/app "$JAMES_ROOT/bin"\n`;
const MOVE_BACK = `rm "$JAMES_ROOT/bin" && mkdir "$JAMES_ROOT/bin"\n`;

test("a copy on another file system has them, and so has what is brought back there", {
  skip: skip || requireTool("mount", "umount"),
}, async () => {
  using one = new Case();
  const { root } = one.bench;
  mkdirSync(join(root, "disk"));
  mkdirSync(join(root, "bin"));
  sh("mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "jamesc-test", join(root, "disk"));
  try {
    const come = await one.bring(ping("1\n", NET_RAW), { preinst: MOVE, postrm: MOVE_BACK });
    assert.equal(come.outcome, "committed", come.error?.message);
    assert.equal(one.capability("disk/app/ping"), NET_RAW);
    assert.equal((await one.bring(undefined)).outcome, "committed");
    // Set aside on the one file system, and brought back to the other.
    await one.bring(ping("1\n", NET_RAW));
    const failed = await one.bring(ping("2\n"), { preinst: `${MOVE}exit 1\n` });
    assert.equal(failed.outcome, "rolled-back", failed.error?.message);
    assert.equal(one.capability("disk/app/ping"), NET_RAW);
  } finally {
    sh("umount", join(root, "disk"));
  }
});

test("an agent that is not root says so", { skip }, () => {
  process.seteuid?.(12_345);
  try {
    assert.throws(() => checkCapable("bin/ping"), { code: "DEVICE_IO", message: /\/bin\/ping .* not root/ });
  } finally {
    process.seteuid?.(0);
  }
});

test("setcap takes what setfattr takes, and what it cannot set is said", { skip }, () => {
  using one = new Case();
  const { root } = one.bench;
  const values = [NET_RAW, ADMIN, `00000002${"0".repeat(32)}`, "0100000200200000002000000000000000010000"];
  const folder = openSync(root, "r");
  try {
    for (const value of values) {
      writeFileSync(join(root, "f"), "1\n");
      sh("setcap", capabilityText(value), join(root, "f"));
      assert.equal(one.capability("f"), value);
      writeFileSync(join(root, "f"), "2\n");
      setCapabilities(folder, ["f"], value);
      assert.equal(one.capability("f"), value);
    }
    assert.throws(() => setCapabilities(folder, ["gone"], NET_RAW), {
      code: "DEVICE_IO",
      message: /setfattr failed: No such file/,
    });
    chmodSync(join(root, "f"), 0);
    const file = openSync(join(root, "f"), "r");
    setCapability(file, NET_RAW);
    closeSync(file);
    assert.equal(one.capability("f"), NET_RAW);
  } finally {
    closeSync(folder);
  }
});
