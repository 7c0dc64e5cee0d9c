import "./faults/calls.ts";
import assert from "node:assert/strict";
import { findPathConflict, type Packet } from "@jamesd/model";
import { IS_WHOLE, readTree, seedFor, sweepTest } from "@jamesd/testkit";
import fc from "fast-check";
import { Life, type Reaction } from "./faults/life.ts";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";
import { freshTree, wish, withoutSharedModes } from "./wishes.ts";

interface Fault {
  /** The point at which it comes; beyond the last one there is none. */
  readonly at: number;
  readonly what: "die" | "EIO" | "ENOSPC";
  /** Points for which an error lasts. */
  readonly points: number;
}

const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: 120 }),
  what: fc.constantFrom("die", "die", "EIO", "ENOSPC"),
  points: fc.integer({ min: 1, max: 30 }),
});

function lifeWith({ at, what, points }: Fault): Life {
  return new Life(({ number }): Reaction => {
    if (what === "die") return number === at ? "die" : "go on";
    return number >= at && number < at + points ? { error: what } : "go on";
  });
}

/** One process of the agent, which carries out the plan or meets its fault; a process that lives on after an error ends. */
async function live(bench: Bench, wanted: readonly Packet[], shelf: Shelf, revision: number, life: Life) {
  try {
    return await life.run(async () => {
      const device = await bench.open();
      return await device.carryOut(planFor(device.installed, wanted, shelf, revision), shelf, NEVER);
    });
  } catch (thrown) {
    assert.ok(thrown instanceof Error && "code" in thrown, String(thrown));
    return undefined;
  }
}

sweepTest(
  "random desired states with random faults end at the last one, and are never in between",
  {},
  async () => {
    const seen = { faults: 0, undone: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(wish, { maxLength: 3 }), fc.array(fault, { maxLength: 3 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (steps) => {
          using bench = new Bench();
          const shelf = new Shelf();
          let before: object = readTree(bench.root);
          for (const [index, [wished, faults]] of steps.entries()) {
            const unique = [...new Map(wished.map((one) => [one.name, one])).values()];
            const wanted = unique.map(({ name, tree }) => shelf.add(name, tree));
            if (findPathConflict(wanted.map(({ name, manifest }) => ({ app: name, manifest })))) continue;
            const revision = index + 1;
            for (const one of faults) {
              const life = lifeWith(one);
              await live(bench, wanted, shelf, revision, life);
              if (life.points.length < one.at) break;
              seen.faults += 1;
              const device = await bench.open();
              assert.equal(device.stuck, undefined);
              if (device.revision === revision) break;
              seen.undone += 1;
              assert.deepEqual(readTree(bench.root), before, `after ${JSON.stringify(one)}`);
            }
            const end = await live(bench, wanted, shelf, revision, new Life());
            assert.equal(end?.outcome, "committed", end?.error?.message);
            before = readTree(bench.root);
            assert.deepEqual(withoutSharedModes(readTree(bench.root)), await freshTree(wanted, shelf));
          }
        },
      ),
      { numRuns: IS_WHOLE ? 600 : 30, seed: seedFor("random faults") },
    );
    assert.ok(
      seen.faults > (IS_WHOLE ? 300 : 10) && seen.undone > (IS_WHOLE ? 150 : 3),
      JSON.stringify(seen),
    );
  },
);
