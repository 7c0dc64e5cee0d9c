import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type JamesError, parseGivenTags, tagsOfDevice } from "@jamesd/model";
import fc from "fast-check";
import { tags } from "./arbitraries.ts";

describe("the tags of a device", () => {
  test("law: are what it says and what it was given, and the latter it cannot say of itself", () => {
    fc.assert(
      fc.property(tags, tags, tags, (own, given, claimed) => {
        const all = tagsOfDevice([...own, ...claimed.map((tag) => `given:${tag}`)], given);
        assert.deepEqual(new Set(all), new Set([...own, ...given, ...given.map((tag) => `given:${tag}`)]));
        assert.equal(new Set(all).size, all.length);
        if (given.length === 0) assert.deepEqual(all, own);
      }),
    );
  });

  test("that are given are words that no selector reads in another way, and not too many", () => {
    assert.deepEqual(parseGivenTags(["lab", "arm", "lab"]), ["arm", "lab"]);
    const many = Array.from({ length: 101 }, (_, i) => `t${i}`);
    for (const wrong of [["not:lab"], ["id:d"], ["given:lab"], ["a b"], many])
      assert.throws(
        () => parseGivenTags(wrong),
        (error: JamesError) => error.code === "TAG_INVALID" && error.hint !== undefined,
      );
  });
});
