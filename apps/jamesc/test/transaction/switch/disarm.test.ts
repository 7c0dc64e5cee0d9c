import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Packet } from "@jamesd/model";
import { requireTool, skipUnless } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const skip =
  skipUnless(process.getuid?.() === 0, "needs root, whose programs they are") ||
  requireTool("setcap", "getcap");

/** A device, a folder of a user beside it, and what is brought to the device. */
class Case implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Shelf();
  readonly mine = join(this.bench.dir, "mine");

  constructor() {
    mkdirSync(this.mine);
  }

  su(text: string, scripts = {}): Packet {
    return this.shelf.add("app", { "bin/su": { text, mode: 0o4755 } }, scripts, { setid: true });
  }

  async bring(...wanted: readonly Packet[]) {
    const device = await this.bench.open();
    return await device.carryOut(planFor(device.installed, wanted, this.shelf), this.shelf, NEVER);
  }

  mode(path: string): string {
    return (statSync(join(this.bench.dir, path)).mode & 0o7777).toString(8);
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

test("a user's hard link of a setuid program loses its rights when the program is replaced or removed", {
  skip,
}, async () => {
  using one = new Case();
  for (const [number, next] of [[one.su("2\n")], []].entries()) {
    await one.bring(one.su("1\n"));
    linkSync(join(one.bench.root, "bin/su"), join(one.mine, `su-${number}`));
    assert.equal((await one.bring(...next)).outcome, "committed");
    assert.equal(one.mode(`mine/su-${number}`), "755");
  }
});

test("capabilities that a script gave to a program go with it as well", { skip }, async () => {
  using one = new Case();
  const give = 'setcap cap_net_raw+ep "$JAMES_ROOT/bin/ping"\n';
  await one.bring(one.shelf.add("app", { "bin/ping": { text: "1\n", mode: 0o755 } }, { postinst: give }));
  linkSync(join(one.bench.root, "bin/ping"), join(one.mine, "ping"));
  const capabilities = () => execFileSync("getcap", [join(one.mine, "ping")], { encoding: "utf8" });
  assert.match(capabilities(), /cap_net_raw/);
  await one.bring();
  assert.equal(capabilities(), "");
});

test("undone, the old program has its rights still, and a link of the new one has none", {
  skip,
}, async () => {
  using one = new Case();
  await one.bring(one.su("1\n"));
  linkSync(join(one.bench.root, "bin/su"), join(one.mine, "old"));
  const postinst = `ln "$JAMES_ROOT/bin/su" ${join(one.mine, "new")}\nexit 1\n`;
  assert.equal((await one.bring(one.su("2\n", { postinst }))).outcome, "rolled-back");
  assert.deepEqual(
    [one.mode("root/bin/su"), one.mode("mine/old"), one.mode("mine/new")],
    ["4755", "4755", "755"],
  );
});
