import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIFT_KINDS } from "@jamesd/model";
import fc from "fast-check";
import { formatNote, parseNote } from "../../../src/transaction/drift/note.ts";

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
