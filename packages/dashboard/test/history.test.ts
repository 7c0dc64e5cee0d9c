import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { comparedOf, documentFlags, documentOf, historyAt } from "../src/logic/history.ts";
import { changeText, groupText } from "../src/logic/impact.ts";

const wordsOf = (address: string) => new URL(address, "http://dashboard").searchParams;

test("an address of the history says what is shown, and is read as that again", () => {
  const kind = fc.constantFrom("spec" as const, "device" as const);
  const document = fc.option(
    fc.record({ kind, id: fc.string({ minLength: 1, unit: "grapheme" }) }, { noNullPrototype: true }),
    {
      nil: undefined,
    },
  );
  const number = fc.nat();
  fc.assert(
    fc.property(document, number, fc.option(number, { nil: undefined }), (its, from, to) => {
      const words = wordsOf(historyAt({ document: its, from, to }));
      assert.deepEqual(documentOf(words), its);
      assert.deepEqual(comparedOf(words), { from, to });
    }),
  );
  assert.equal(historyAt({}), "/history");
});

test("what is no revision and no document is none", () => {
  for (const bad of ["?from=", "?from=x", "?from=-1", "?to=3", "?from=1e3", ""])
    assert.equal(comparedOf(wordsOf(`/history${bad}`)), undefined, bad);
  assert.deepEqual(comparedOf(wordsOf("/history?from=0&to=x")), { from: 0, to: undefined });
  for (const bad of ["?kind=spec", "?kind=spec&id=", "?kind=other&id=a", "?id=a"])
    assert.equal(documentOf(wordsOf(`/history${bad}`)), undefined, bad);
});

test("the command line names the same document", () => {
  assert.equal(documentFlags({ kind: "device", id: "a" }), " --id a");
  assert.equal(documentFlags({ kind: "spec", id: "lab" }), " --spec lab");
  assert.equal(documentFlags({ kind: "device", id: "x;reboot" }), " --id 'x;reboot'");
  assert.equal(documentFlags(undefined), "");
});

const IMPACT = { devices: 0, connected: 0, unsatisfiable: 0, groups: [], more: 0, warnings: [] };
const CHANGED = [{ kind: "spec" as const, id: "lab", action: "changed" as const }];

test("what a change means, in a sentence", () => {
  assert.equal(changeText({ documents: [], impact: IMPACT }), "It is so already: nothing changes.");
  const text = (impact: object) => changeText({ documents: CHANGED, impact: { ...IMPACT, ...impact } });
  assert.equal(text({}), "1 document changed, 0 devices should have something else.");
  assert.equal(
    text({ devices: 1 }),
    "1 document changed, 1 device should have something else, 0 of them connected.",
  );
  assert.equal(
    text({ devices: 3, connected: 2, unsatisfiable: 1 }),
    "1 document changed, 3 devices should have something else, 2 of them connected; 1 device cannot have what they should then.",
  );
});

test("what some devices will do, in a line", () => {
  const packet = "a".repeat(64);
  const steps = [{ kind: "unpack" as const, app: "tool", packet }];
  const group = { devices: 7, ids: ["a", "b", "c", "d", "e", "f"], steps, bytes: 1, problem: null };
  assert.equal(groupText(group, { [packet]: ["v1"] }), "a, b, c, d, e and 2 more: unpack tool [v1]");
  assert.equal(
    groupText({
      ...group,
      devices: 1,
      ids: ["a"],
      problem: { code: "PATH_CONFLICT", message: "both have /x" },
    }),
    "a: both have /x",
  );
});
