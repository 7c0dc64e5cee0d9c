import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScopes } from "../src/scopes.ts";

test("the scopes of operators are read by their names, lists in either form", () => {
  const scopes = parseScopes({
    alice: { devices: ["given:lab"], packets: ["acme-", "tools-"] },
    bob: { devices: "given:lab, not:given:prod" },
    __proto__x: { devices: "*", packets: "*" },
  });
  assert.deepEqual(scopes.get("alice"), { devices: ["given:lab"], packets: ["acme-", "tools-"] });
  assert.deepEqual(scopes.get("bob"), { devices: ["given:lab", "not:given:prod"], packets: [] });
  assert.deepEqual(scopes.get("__proto__x"), { devices: [], packets: [""] });
  assert.equal(scopes.get("carol"), undefined);
});

test("one that is not understood is refused, and with it all: nobody is an operator of the whole fleet by mistake", () => {
  for (const value of [
    [],
    "alice",
    { alice: null },
    { alice: {} },
    { alice: [] },
    { alice: { devices: [] } },
    { alice: { devices: "" } },
    { alice: { device: ["given:lab"] } },
    { alice: { devices: ["given:lab"], packet: ["acme-"] } },
    { alice: { devices: ["not:not:x"], packets: ["acme-"] } },
    { alice: { devices: ["given:lab"], packets: [""] } },
    { alice: { devices: ["given:lab"], packets: [null] } },
    { bob: { devices: ["given:lab"], packets: [] }, alice: { devices: ["a b"], packets: [] } },
  ])
    assert.throws(() => parseScopes(value), { code: "SCOPE_INVALID" }, JSON.stringify(value));
});
