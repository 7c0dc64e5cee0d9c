import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { pick, requireTool, skipUnless, sweepTest } from "@jamesd/testkit";
import { type DiskKind, PowerTest, SCHEDULES, type Schedule } from "./faults/power.ts";
import { scenarios, smallScenario } from "./faults/scenario.ts";

const DOCUMENT = new URL("../../../../docs/atomic-install.md", import.meta.url);

const skip =
  requireTool("mkfs.xfs", "mkfs.ext4", "mkfs.btrfs", "losetup", "mount") ||
  skipUnless(process.getuid?.() === 0, "needs root to mount");

const KINDS: readonly DiskKind[] = ["model", "ext4", "btrfs"];

const plans = scenarios().flatMap((scenario) => SCHEDULES.map((schedule) => ({ scenario, schedule })));
const plansCut = KINDS.flatMap((kind) =>
  pick(`plans cut on ${kind}`, plans, 1).map((plan) => ({ kind, ...plan })),
);
for (const { kind, scenario, schedule } of plansCut)
  sweepTest(
    `${scenario.name} on ${kind}, ${schedule}: whenever the power is cut, a device is exactly old or new`,
    {
      skip,
    },
    async (t) => {
      using power = await PowerTest.make(scenario, kind);
      const { cuts, broken } = await power.sweep(schedule);
      t.diagnostic(`${cuts} cuts`);
      assert.equal(broken, undefined);
    },
  );

const recoveries = KINDS.flatMap((kind) =>
  // Mounting thousands of images would take minutes.
  (kind === "model" ? SCHEDULES : SCHEDULES.slice(0, 1)).map((schedule) => ({ kind, schedule })),
);
const recoveriesCut = (["committed", "rolled-back"] as const).flatMap((outcome) =>
  pick(`recoveries cut, ${outcome}`, recoveries, 1).map((recovery) => ({ outcome, ...recovery })),
);
for (const { kind, outcome, schedule } of recoveriesCut)
  sweepTest(
    `on ${kind}, ${schedule}: the power is cut, and again in the recovery (${outcome})`,
    {
      skip,
    },
    async (t) => {
      using power = await PowerTest.make(smallScenario(outcome), kind);
      const { cuts, broken } = await power.sweepRecoveries(schedule);
      t.diagnostic(`${cuts} cuts`);
      assert.equal(broken, undefined);
    },
  );

/** A row of the table of syncs: the code that does it, and a case that misses it. */
interface Row {
  readonly site: string;
  readonly kind: DiskKind;
  readonly scenario: string;
  readonly schedule: Schedule;
}

const ROW = /^\| `([^`]+)` +\|[^|]*\| (model|ext4|btrfs), ([a-z ]+), (lazy|root|state) *\|$/;

function documented(): readonly Row[] {
  return readFileSync(DOCUMENT, "utf8")
    .split("\n")
    .flatMap((line): Row[] => {
      const [, site, kind, scenario = "", schedule] = ROW.exec(line) ?? [];
      if (site === undefined) return [];
      return [{ site, kind: kind as DiskKind, scenario, schedule: schedule as Schedule }];
    });
}

/** Syncs that the table leaves out, for they protect nothing that a transaction promises. */
function beside(): readonly string[] {
  const [, said = ""] = /^Not of the guarantee: (.*)$/m.exec(readFileSync(DOCUMENT, "utf8")) ?? [];
  return [...said.matchAll(/`(\w+ \([\w-]+\))`/g)].map(([, site = ""]) => site);
}

describe("the table of syncs in docs/atomic-install.md", { skip }, () => {
  test("has every sync of a transaction, and no other", async () => {
    const sites = new Set<string>();
    for (const scenario of scenarios()) {
      using power = await PowerTest.make(scenario, "model");
      for (const site of await power.syncSites()) sites.add(site);
    }
    assert.deepEqual([...documented().map(({ site }) => site), ...beside()].sort(), [...sites].sort());
  });

  for (const { site, kind, scenario: name, schedule } of skip ? [] : pick("rows", documented(), 2))
    sweepTest(`without ${site}, the power cut is survived no longer`, {}, async () => {
      const scenario = scenarios().find((one) => one.name === name);
      assert.ok(scenario, `there is no scenario ${name}`);
      using power = await PowerTest.make(scenario, kind);
      const { broken } = await power.sweep(schedule, site);
      assert.ok(broken, "nothing was broken");
    });
});
