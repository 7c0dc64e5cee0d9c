import assert from "node:assert/strict";
import { findPathConflict } from "@jamesd/model";
import { IS_WHOLE, readTree, seedFor, sweepTest } from "@jamesd/testkit";
import fc from "fast-check";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";
import { freshTree, wish, withoutSharedModes } from "./wishes.ts";

sweepTest(
  "whatever is wished in whatever order, a device has exactly that, or exactly what it had",
  {},
  async () => {
    const outcomes = { committed: 0, "rolled-back": 0, stuck: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(wish, { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
        async (wishes) => {
          using bench = new Bench();
          const shelf = new Shelf();
          let device = await bench.open();
          for (const [index, wished] of wishes.entries()) {
            const unique = [...new Map(wished.map((one) => [one.name, one])).values()];
            const wanted = unique.map(({ name, tree, failing }) =>
              // Only while it goes forward: an undo that fails as well is another law.
              shelf.add(name, tree, failing ? { [failing]: 'test -n "$JAMES_UNDO"\n' } : {}),
            );
            if (findPathConflict(wanted.map(({ name, manifest }) => ({ app: name, manifest })))) continue;
            const before = readTree(bench.root);
            const result = await device.carryOut(
              planFor(device.installed, wanted, shelf, index + 1),
              shelf,
              NEVER,
            );
            outcomes[result.outcome] += 1;
            if (result.outcome === "rolled-back") {
              assert.equal(result.error?.code, "SCRIPT_FAILED", result.error?.message);
              assert.deepEqual(readTree(bench.root), before);
              // A packet that cannot be removed must not end the story: the next wishes go on from here.
              continue;
            }
            assert.deepEqual(
              device.installed.map(({ digest }) => digest),
              wanted.map(({ digest }) => digest),
            );
            const quiet = wanted.map((packet) =>
              shelf.add(packet.name, unique.find(({ name }) => name === packet.name)?.tree ?? {}),
            );
            assert.deepEqual(withoutSharedModes(readTree(bench.root)), await freshTree(quiet, shelf));
            if (index % 2 === 1) device = await bench.open();
          }
        },
      ),
      { numRuns: IS_WHOLE ? 400 : 30, seed: seedFor("wishes") },
    );
    const [committed, undone] = IS_WHOLE ? [300, 60] : [15, 2];
    assert.ok(outcomes.committed > committed && outcomes["rolled-back"] > undone, JSON.stringify(outcomes));
  },
);
