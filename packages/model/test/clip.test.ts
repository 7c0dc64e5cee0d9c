import assert from "node:assert/strict";
import { test } from "node:test";
import { clip, clipError } from "@jamesd/model";
import fc from "fast-check";

test("law: a clipped text is no longer than it may be, begins as the text does, and is clipped no further", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, most) => {
      const clipped = clip(text, most);
      assert.ok(clipped.length <= most && clipped.isWellFormed());
      assert.equal(clipped === text, text.length <= most);
      assert.ok(text.startsWith(clipped === text ? clipped : clipped.slice(0, -1)));
      assert.equal(clip(clipped, most), clipped);
    }),
  );
});

test("of an error each text is clipped, and nothing else", () => {
  const long = "x".repeat(1_000_000);
  const { code, message, hint, ...rest } = clipError({ code: long, message: long, hint: long, step: 1 });
  assert.deepEqual(
    [code, message, hint].map((text) => text?.length),
    [64, 5000, 5000],
  );
  assert.deepEqual(rest, { step: 1 });
  const short = { code: "A", message: "b" };
  assert.deepEqual(clipError(short), short);
});
