import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beginningOf, endOf, firstOf, lastOf } from "../../src/repository/event-size.ts";

const text = fc.string({ unit: fc.constantFrom("x", "y", "ä", "\u0001", '"', "😀"), maxLength: 200 });
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
/** The brackets of a list, or the quotes of a text; the last item of a list has no comma. */
const AROUND = 2;

test("law: an end of a text is its end, fits, and is no shorter than it has to be", () => {
  fc.assert(
    fc.property(text, fc.nat(300), (whole, most) => {
      const end = endOf(whole, most);
      assert.ok(whole.endsWith(end));
      assert.ok(bytesOf(end) - AROUND <= most);
      // What is cut may be in the middle of one of twelve bytes, whose half has six.
      if (end !== whole) assert.ok(bytesOf(end) - AROUND > most - 12, `${end.length} of ${most}`);
    }),
  );
});

test("of characters that are long as JSON are kept as many as fit", () => {
  assert.equal(endOf("\u0001".repeat(100), 120), "\u0001".repeat(20));
  assert.equal(beginningOf("\u0001".repeat(100), 123), `${"\u0001".repeat(20)}…`);
});

test("law: a beginning of a text is its beginning, fits, and shows that something is missing", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 12, max: 300 }), (whole, most) => {
      const beginning = beginningOf(whole, most);
      assert.ok(bytesOf(beginning) - AROUND <= most);
      if (bytesOf(whole) - AROUND <= most) assert.equal(beginning, whole);
      else assert.ok(beginning.endsWith("…") && whole.startsWith(beginning.slice(0, -1)));
    }),
  );
});

test("law: of a list the first or the last items are kept, as many as fit", () => {
  fc.assert(
    fc.property(fc.array(text), fc.nat(500), (list, most) => {
      const [first, last] = [firstOf(list, most), lastOf(list, most)];
      assert.deepEqual(first, list.slice(0, first.length));
      assert.deepEqual(last, list.slice(list.length - last.length));
      const sizeOf = (items: readonly string[]) => items.reduce((sum, item) => sum + bytesOf(item) + 1, 0);
      for (const kept of [first, last]) assert.ok(sizeOf(kept) <= most);
      if (first.length < list.length) assert.ok(sizeOf(list.slice(0, first.length + 1)) > most);
      if (last.length < list.length) assert.ok(sizeOf(list.slice(list.length - last.length - 1)) > most);
    }),
  );
  assert.deepEqual(firstOf(["a", "b"], 8), ["a", "b"]);
  assert.deepEqual(firstOf(["a", "b"], 7), ["a"]);
});
