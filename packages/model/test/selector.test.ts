import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  isSelected,
  isSelectedById,
  isSelectedByTags,
  type JamesError,
  namesDevices,
  parseSelector,
} from "@jamesd/model";
import fc from "fast-check";
import { tag, tags } from "./arbitraries.ts";

const id = fc.constantFrom("device-1", "device-2", "armv7l");
const fact: fc.Arbitrary<string> = fc.oneof(
  tag,
  id.map((one) => `id:${one}`),
);
const term = fc.oneof(
  fact,
  fact.map((one) => `not:${one}`),
);
const selectors = fc.array(term, { maxLength: 4 });
const devices = fc.record({ id, tags: tags.map((list) => new Set<string>(list)) });

describe("a selector", () => {
  test("law: is the conjunction of its terms, in any order, and none is for every device", () => {
    fc.assert(
      fc.property(selectors, selectors, devices, (a, b, device) => {
        const chosen = (selector: readonly string[]) => isSelected(selector, device.tags, device.id);
        assert.equal(chosen([...a, ...b]), chosen(a) && chosen(b));
        assert.equal(chosen([...a, ...b]), chosen([...b, ...a]));
        assert.ok(chosen([]));
      }),
    );
  });

  test("law: of a term and its denial exactly one chooses a device", () => {
    fc.assert(
      fc.property(fact, devices, (one, device) => {
        const chosen = (text: string) => isSelected([text], device.tags, device.id);
        assert.notEqual(chosen(one), chosen(`not:${one}`));
        const isTrue = one.startsWith("id:") ? one === `id:${device.id}` : device.tags.has(one);
        assert.equal(chosen(one), isTrue);
      }),
    );
  });

  test("law: what it says of tags and of ids are two halves; one without ids is the first alone", () => {
    fc.assert(
      fc.property(selectors, devices, (selector, device) => {
        const byTags = isSelectedByTags(selector, device.tags);
        const byId = isSelectedById(selector, device.id);
        assert.equal(isSelected(selector, device.tags, device.id), byTags && byId);
        if (!namesDevices(selector)) assert.ok(byId);
        assert.deepEqual(parseSelector([...selector, ...selector]), [...new Set(selector)]);
      }),
    );
  });

  test("does not take a device's word for its id", () => {
    assert.ok(!isSelected(["id:device-1"], new Set(["id:device-1"]), "device-2"));
    assert.ok(isSelected(["not:id:device-1"], new Set(["id:device-1"]), "device-2"));
  });

  test("with a term that denies twice, or names nothing, is refused", () => {
    for (const text of ["not:not:lab", "not:", "id:", "not:id:", "a b", "not:a,b", ""])
      assert.throws(
        () => parseSelector(["arm", text]),
        (error: JamesError) => error.code === "TAG_INVALID" && error.hint !== undefined,
        text,
      );
    assert.deepEqual(parseSelector(["arm", "not:lab", "not:id:d", "arm"]), ["arm", "not:lab", "not:id:d"]);
  });
});
