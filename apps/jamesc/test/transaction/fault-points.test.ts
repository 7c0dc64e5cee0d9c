import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { IS_WHOLE, pick, steps, sweepTest } from "@jamesd/testkit";
import { WATCHED } from "./faults/calls.ts";
import { Life } from "./faults/life.ts";
import { isSync } from "./faults/plan.ts";
import {
  overScenario,
  reinstallScenario,
  repairScenario,
  Stage,
  scenarios,
  smallScenario,
} from "./faults/scenario.ts";

const SOURCES = ["../../src/transaction/", "../../../../packages/disk/src/"].map(
  (folder) => new URL(folder, import.meta.url),
);
/** What the agent's transactions import of Node to look, and not to change. */
const READERS = new Set(
  "accessSync closeSync constants createReadStream execFile existsSync fstatSync lstatSync opendirSync readFileSync readSync readdirSync readlinkSync realpathSync statSync statfsSync".split(
    " ",
  ),
);

test("every function of Node by which a transaction can change the disk has a fault point", () => {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => new URL(file, folder)),
  );
  const imported = files
    .filter(({ pathname }) => pathname.endsWith(".ts"))
    .flatMap((file) => {
      const source = readFileSync(file, "utf8");
      assert.doesNotMatch(
        source,
        /import (?!type )(\*|\w+) .*from "node:(fs|child_process)/,
        `${file} imports by name`,
      );
      return [...source.matchAll(/import \{([^}]*)\} from "node:(?:fs|fs\/promises|child_process)"/g)];
    })
    .flatMap(([, names = ""]) => names.split(",").map((name) => name.trim()))
    // Types change nothing.
    .filter((name) => name !== "" && !name.startsWith("type "));
  assert.ok(imported.length > 20);
  assert.deepEqual(
    [...new Set(imported)].filter((name) => !WATCHED.has(name) && !READERS.has(name)),
    [],
  );
});

const dieAt = (n: number): Life => new Life(({ number }) => (number === n ? "die" : "go on"));

for (const scenario of [...scenarios(), overScenario(), repairScenario(), reinstallScenario()])
  sweepTest(
    `${scenario.name}: killed at any point, a device is exactly old or new, and goes on`,
    {},
    async (t) => {
      using stage = await Stage.make(scenario);
      const points = await stage.points();
      const seen = new Set<string>();
      for (const { number, call, site } of pick(scenario.name, points, 4)) {
        using bench = stage.copy();
        const life = dieAt(number);
        await stage.carryOut(bench, life);
        assert.ok(life.isDead, `point ${number} is reached again`);
        const where = `${scenario.name} ${number}: ${call} ${site()}`;
        await stage.recover(bench, new Life());
        seen.add(stage.assertWhole(bench, where));
        await stage.carryOut(bench, new Life());
        assert.equal(
          stage.assertWhole(bench, `${where}, again`),
          stage.scenario.outcome === "committed" ? "new" : "old",
        );
      }
      t.diagnostic(`${points.length} points`);
      assert.ok(points.length > 30);
      const ends = scenario.outcome === "committed" ? ["new", "old"] : ["old"];
      if (IS_WHOLE) assert.deepEqual([...seen].sort(), ends);
    },
  );

for (const outcome of ["committed", "rolled-back"] as const)
  sweepTest(`killed at any point, and again at any point of the recovery (${outcome})`, {}, async (t) => {
    using stage = await Stage.make(smallScenario(outcome));
    const points = await stage.points();
    let recoveries = 0;
    const begin = points.findIndex(
      ({ call, site }) => isSync(call) && /^Journal.append.* < stageAll/.test(site()),
    );
    assert.ok(begin > 0);
    // Who dies earlier leaves nothing to recover from.
    for (const { number, call } of pick(outcome, points.slice(IS_WHOLE ? 0 : begin + 1), 4)) {
      using crashed = stage.copy();
      await stage.carryOut(crashed, dieAt(number));
      if (!mayHaveBegun(crashed.state)) continue;
      for (const n of steps(`${outcome} ${number}`, 5)) {
        using bench = stage.copy(crashed);
        const life = dieAt(n);
        await stage.recover(bench, life);
        await stage.recover(bench, new Life());
        stage.assertWhole(bench, `${number}: ${call}, then ${n}: ${life.points.at(-1)?.call}`);
        recoveries += 1;
        if (!life.isDead) break;
      }
    }
    t.diagnostic(`${recoveries} recoveries`);
    assert.ok(recoveries > (IS_WHOLE ? 300 : 0));
  });

function mayHaveBegun(stateDir: string): boolean {
  const journal = join(stateDir, "journal");
  return existsSync(journal) && readFileSync(journal, "utf8").includes('"begin"');
}
