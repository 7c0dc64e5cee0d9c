import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Packet } from "@jamesd/model";
import type { PlanMessage } from "@jamesd/protocol/device";
import { readTree } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";

for (const removal of ["forced", "unscripted"] as const) {
  test(`a packet whose prerm and postrm always fail goes when its removal is ${removal}`, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const note = 'echo "$JAMES_SCRIPT" >>ran\n';
    const stubborn = { prerm: `${note}exit 3\n`, postrm: `${note}exit 4\n`, postinst: note };
    const [v1, v2] = ["1\n", "2\n"].map((text) => shelf.add("app", { "opt/app": text }, stubborn));
    assert.ok(v1 && v2);
    const device = await bench.open();
    await device.carryOut(planFor([], [v1], shelf), shelf, NEVER);
    const wish = (wanted: readonly Packet[], policy: PlanMessage["policy"]) =>
      device.carryOut(planFor(device.installed, wanted, shelf, 2, { policy }), shelf, NEVER);

    const refused = await wish([v2], { removal: "strict" });
    assert.equal(refused.outcome, "rolled-back");
    assert.match(refused.error?.hint ?? "", /`removal: forced`/);

    rmSync(join(bench.root, "ran"));
    const result = await wish([v2], { removal });
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.equal(readFileSync(join(bench.root, "opt/app"), "utf8"), "2\n");
    const ran = removal === "forced" ? ["prerm 3", "postrm 4", "postinst 0"] : ["postinst 0"];
    assert.deepEqual(
      result.scripts?.map(({ script, exitCode }) => `${script} ${exitCode}`),
      ran,
    );
    assert.equal(
      readFileSync(join(bench.root, "ran"), "utf8"),
      ran.map((one) => `${one.split(" ")[0]}\n`).join(""),
    );
    assert.equal((await wish([], { removal })).outcome, "committed");
    assert.deepEqual(device.installed, []);
  });
}

test("a removal that is forced forgives nothing that comes, and what had failed is undone with the rest", async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const note = 'echo "$JAMES_SCRIPT $JAMES_UNDO" >>ran\n';
  const old = shelf.add("app", { "opt/app": "1\n" }, { prerm: `${note}exit 3\n`, postinst: note });
  const bad = shelf.add("app", { "opt/app": "2\n" }, { postinst: `${note}exit 5\n`, prerm: note });
  const device = await bench.open();
  await device.carryOut(planFor([], [old], shelf), shelf, NEVER);
  const before = readTree(join(bench.root, "opt"));
  rmSync(join(bench.root, "ran"));
  const plan = planFor(device.installed, [bad], shelf, 2, { policy: { removal: "forced" } });
  const result = await device.carryOut(plan, shelf, NEVER);
  assert.equal(result.outcome, "rolled-back");
  assert.match(result.error?.message ?? "", /postinst of app ended with exit code 5/);
  assert.doesNotMatch(result.error?.hint ?? "", /removal/);
  assert.deepEqual(readTree(join(bench.root, "opt")), before);
  assert.equal(readFileSync(join(bench.root, "ran"), "utf8"), "prerm \npostinst \nprerm 1\npostinst 1\n");
});
