import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IS_WHOLE, pick, readTree, sweepTest } from "@jamesd/testkit";
import { Life } from "../faults/life.ts";
import { Stage, smallScenario } from "../faults/scenario.ts";
import type { Bench } from "../fixture.ts";

type Damage = readonly [what: string, damage: (path: string) => void];

function flip(path: string, bit: number): void {
  const bytes = readFileSync(path);
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  writeFileSync(path, bytes);
}

/** At how many places of a file it is cut, and a bit flipped; at every moment at others. */
const PLACES = 24;

/** What a disk, a person or fsck may do to a file of that size; `n` chooses the places. */
function damages(size: number, n: number): readonly Damage[] {
  const places = Array.from({ length: PLACES }, (_, i) => Math.floor(((i + (n % 7) / 7) * size) / PLACES));
  return [
    ["removed", (path) => rmSync(path)],
    ...places.map((at): Damage => [`cut to ${at} bytes`, (path) => truncateSync(path, at)]),
    ...places.map((at): Damage => {
      const bit = at * 8 + (n % 8);
      return [`bit ${bit} flipped`, (path) => flip(path, bit)];
    }),
  ];
}

/** Everything that a device holds, but for the damaged file and what can be fetched again. */
function everything(bench: Bench, without: string): object {
  const all = Object.entries(readTree(bench.dir));
  return Object.fromEntries(
    all.filter(([path]) => path !== `state/${without}` && !path.startsWith("state/fetched/")),
  );
}

const SAYS_SO = new Set(["JOURNAL_CORRUPT", "STORE_CORRUPT"]);

for (const outcome of ["committed", "rolled-back"] as const)
  for (const file of ["journal", "state.json"])
    sweepTest(
      `${file} damaged anywhere, at any point (${outcome}): old, new, or told with all files kept`,
      {},
      async (t) => {
        using stage = await Stage.make(smallScenario(outcome));
        const seen = { told: 0, whole: 0 };
        for (const { number, call, site } of pick(`${file}, ${outcome}`, await stage.points(), 4)) {
          using cut = stage.copy();
          await stage.carryOut(cut, new Life((point) => (point.number === number ? "die" : "go on")));
          const path = join(cut.state, file);
          if (!existsSync(path)) continue;
          const sound = readFileSync(path);
          for (const [what, damage] of pick(
            `${file}, ${outcome}, ${number}`,
            damages(sound.length, number),
            16,
          )) {
            const where = `${number}: ${call} ${site()}, ${what}`;
            using bench = stage.copy(cut);
            damage(join(bench.state, file));
            const before = everything(bench, file);
            const device = await bench.open();
            const code = device.stuck?.error?.code;
            if (code === undefined) {
              stage.assertWhole(bench, where);
              seen.whole += 1;
              continue;
            }
            assert.ok(SAYS_SO.has(code), `${where}: ${code} ${device.stuck?.error?.message}`);
            assert.deepEqual(everything(bench, file), before, `${where}: nothing was touched`);
            writeFileSync(join(bench.state, file), sound);
            await device.recover();
            assert.equal(device.stuck, undefined, `${where}: repaired`);
            stage.assertWhole(bench, `${where}, repaired`);
            seen.told += 1;
          }
        }
        t.diagnostic(JSON.stringify(seen));
        // A sample may meet one of them only, or points at which the file is not there.
        assert.ok(!IS_WHOLE || (seen.told > 0 && seen.whole > 0), JSON.stringify(seen));
      },
    );
