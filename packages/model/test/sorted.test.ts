import assert from "node:assert/strict";
import { test } from "node:test";
import { indexFrom, isAmong } from "@jamesd/model";
import fc from "fast-check";

const id = fc.string({ maxLength: 2 });

test("law: an id is found among sorted ones, or else the one that comes after it", () => {
  fc.assert(
    fc.property(fc.uniqueArray(id), id, (ids, wanted) => {
      const sorted = ids.sort();
      assert.equal(indexFrom(sorted, wanted), sorted.filter((one) => one < wanted).length);
      assert.equal(isAmong(sorted, wanted), sorted.includes(wanted));
    }),
  );
});
