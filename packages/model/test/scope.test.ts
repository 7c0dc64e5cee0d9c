import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  hasDevice,
  hasPacket,
  hasUnseenDevice,
  isSelected,
  missingTerms,
  narrowed,
  parseScope,
  parseScopeText,
  type Scope,
  scopeText,
  scopeWords,
  unmetTerms,
} from "@jamesd/model";
import fc from "fast-check";
import { tag } from "./arbitraries.ts";

const tags = fc.constantFrom("arm", "given:lab", "given:prod");
const id = fc.constantFrom("d1", "d2");
const fact = fc.oneof(
  tags,
  id.map((one) => `id:${one}`),
);
const term = fc.oneof(
  fact,
  fact.map((one) => `not:${one}`),
);
const scopes: fc.Arbitrary<Scope> = fc.record({
  devices: fc.uniqueArray(term, { maxLength: 3 }),
  packets: fc.uniqueArray(fc.constantFrom("a", "ab", "b", ""), { maxLength: 3 }),
});
const devices = fc.record({ id, tags: fc.subarray(["arm", "given:lab", "given:prod"]) });

describe("a scope", () => {
  test("law: a selector that lacks none of its terms chooses no device beyond it, whichever there will ever be", () => {
    fc.assert(
      fc.property(scopes, fc.array(term, { maxLength: 4 }), devices, (scope, selector, device) => {
        const set = new Set(device.tags);
        const whole = [...selector, ...missingTerms(scope, selector)];
        assert.deepEqual(missingTerms(scope, whole), []);
        if (isSelected(whole, set, device.id)) assert.ok(hasDevice(scope, set, device.id));
      }),
    );
  });

  test("law: has a device exactly when none of its terms is unmet", () => {
    fc.assert(
      fc.property(scopes, devices, (scope, { id, tags }) => {
        const set = new Set(tags);
        assert.equal(unmetTerms(scope, set, id).length === 0, hasDevice(scope, set, id));
      }),
    );
  });

  test("law: has a device that nobody has seen only when it has it whatever that reports", () => {
    fc.assert(
      fc.property(scopes, id, fc.subarray(["arm"]), (scope, id, claimed) => {
        if (hasUnseenDevice(scope, id)) assert.ok(hasDevice(scope, new Set(claimed), id));
      }),
    );
    assert.equal(hasUnseenDevice({ devices: ["not:arm"], packets: [] }, "d1"), false);
    assert.equal(hasUnseenDevice({ devices: ["id:d1", "not:given:prod"], packets: [] }, "d1"), true);
  });

  test("law: what narrows another has what both have", () => {
    const names = fc.constantFrom("a", "ab", "abc", "b", "c");
    fc.assert(
      fc.property(scopes, scopes, devices, names, (one, other, { id, tags }, name) => {
        const both = narrowed(one, other);
        const set = new Set(tags);
        assert.equal(hasDevice(both, set, id), hasDevice(one, set, id) && hasDevice(other, set, id));
        assert.equal(hasPacket(both, name), hasPacket(one, name) && hasPacket(other, name));
      }),
    );
  });

  test("law: is read as it was written, in the characters of a URI", () => {
    const words = fc.uniqueArray(tag, { maxLength: 4 });
    fc.assert(
      fc.property(words, words, (devices, packets) => {
        const scope: Scope = {
          devices: devices.map((one) => `not:id:${one}`),
          packets,
        };
        const text = scopeText(scope);
        assert.match(text, /^[!-~]*$/);
        assert.deepEqual(parseScopeText(text), scope);
        assert.deepEqual(parseScope(scopeWords(scope)), scope);
      }),
    );
  });

  test("is written in one line", () => {
    const scope = { devices: ["given:lab", "not:id:d1"], packets: ["acme-", "tools-"] };
    assert.deepEqual(parseScopeText("devices=given:lab,not:id:d1&packets=acme-,tools-"), scope);
    assert.deepEqual(
      parseScopeText("packets=acme-&devices=given:lab&packets=tools-&devices=not:id:d1"),
      scope,
    );
    assert.deepEqual(parseScopeText("devices=*&packets="), { devices: [], packets: [] });
    assert.deepEqual(parseScopeText("devices=g%2Cf%2B&packets=*"), { devices: ["g", "f+"], packets: [""] });
  });

  for (const text of [
    "",
    "devices=given:lab",
    "packets=acme-",
    "devices=&packets=acme-",
    "devices=given:lab&packets=acme-&more=x",
    "devices=given:lab;packets=acme-",
    "device=given:lab&packets=acme-",
    "given:lab",
    "devices=not:not:lab&packets=acme-",
    "devices=a%20b&packets=acme-",
    "devices=given:lab&packets=a%20b",
    "devices=*,given:lab&packets=acme-",
    "devices=given:lab&packets=*,acme-",
    "devices=%ZZ&packets=acme-",
    `devices=${Array.from({ length: 101 }, (_, i) => `t${i}`)}&packets=`,
  ])
    test(`is refused when it is written as ${JSON.stringify(text.slice(0, 50))}`, () => {
      assert.throws(() => parseScopeText(text), { code: "SCOPE_INVALID" });
    });
});
