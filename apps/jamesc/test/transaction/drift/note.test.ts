import assert from "node:assert/strict";
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DRIFT_KINDS } from "@jamesd/model";
import fc from "fast-check";
import { layoutOf } from "../../../src/transaction/disk/layout.ts";
import { markOf } from "../../../src/transaction/drift/mark.ts";
import { formatNote, parseNote, readNote, reminderOf } from "../../../src/transaction/drift/note.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const line = fc.record(
  {
    path: fc.stringMatching(/^[^\p{Cc}]{1,20}$/u),
    mark: fc.constantFrom("-", "?", "d 755 0 0", "12 3 100644 0 0 1700000000000.25"),
    kinds: fc.subarray([...DRIFT_KINDS]),
  },
  { noNullPrototype: true },
);
const head = fc.record(
  {
    full: fc.option(fc.nat()),
    policy: fc.constantFrom(undefined, "report", "repair"),
  },
  { noNullPrototype: true },
);

test("law: a note is read as it was written, and damaged anywhere it is none", () => {
  fc.assert(
    fc.property(head, fc.array(line, { maxLength: 5 }), fc.nat(), (said, lines, where) => {
      const text = formatNote(said, lines);
      const note = parseNote(text);
      assert.deepEqual({ full: note?.full, policy: note?.policy }, said);
      assert.deepEqual([...(note?.lines() ?? [])], lines);
      const at = where % text.length;
      assert.equal(parseNote(text.slice(0, at)), undefined);
      // The checksum is of the lines: what the head says besides is bounded by its form.
      const body = text.indexOf("\n") + 1;
      if (at < body) return;
      assert.equal(parseNote(`${text.slice(0, at)}\u0001${text.slice(at + 1)}`), undefined);
    }),
    { numRuns: 200 },
  );
});

test("law: what a note says of an entry is told in whatever order it is asked for", () => {
  fc.assert(
    fc.property(
      head,
      fc.uniqueArray(line, { selector: ({ path }) => path, maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 12 }),
      (said, some, asks) => {
        const lines = some.toSorted((a, b) => (a.path < b.path ? -1 : 1));
        // What is left out is asked for as well.
        const text = formatNote(
          said,
          lines.filter((_, at) => at % 3 !== 1),
        );
        const reminder = reminderOf(text);
        const inOrder = lines.map((_, at) => [at, true] as const);
        for (const [which, isAsNoted] of lines.length > 0 ? [...inOrder, ...asks] : []) {
          const at = which % lines.length;
          const { path, mark, kinds } = lines[at] as (typeof lines)[number];
          const isThere = at % 3 !== 1 && isAsNoted && kinds.length === 0;
          assert.equal(reminder?.(path, isAsNoted ? mark : `${mark}0`), isThere, path);
        }
        assert.equal(reminderOf(`${text} `), undefined);
      },
    ),
    { numRuns: 200 },
  );
});

test("what was installed is noted as it stands there when all is done, what stayed as well", async () => {
  const shelf = new Shelf();
  using bench = new Bench();
  const device = await bench.open();
  const tree = { "srv/one": "1\n", "srv/two": "2\n" };
  // So that what was put in place did not change in the moment in which it is noted.
  const first = shelf.add("web", tree, { healthcheck: "sleep 0.1\n" });
  const second = shelf.add("web", { ...tree, "srv/more": "3\n" });
  for (const packet of [first, second]) {
    const plan = planFor(device.installed, [packet], shelf);
    assert.equal((await device.carryOut(plan, shelf, NEVER)).outcome, "committed");
    const lines = [...(readNote(layoutOf(bench.state), packet.digest)?.lines() ?? [])];
    const marks = new Map(lines.map(({ path, mark }) => [path, mark]));
    for (const path of Object.keys(tree))
      assert.equal(marks.get(path), markOf(lstatSync(join(bench.root, path))));
  }
});
