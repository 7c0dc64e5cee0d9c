import assert from "node:assert/strict";
import { test } from "node:test";
import type { Revocation } from "@jamesd/protocol";
import { revocationTable, revocationView } from "../../src/views/revocation-view.ts";

test("of a certificate that is locked out it is told whose it is, where that is known", () => {
  const revocation: Revocation = {
    locked: { kind: "certificate", serial: "7f", issuer: null },
    ...{ reason: "stolen", author: "olga", address: "10.0.0.1", time: 0 },
  };
  const holders = [{ device: "device-1", fingerprint: "ab".repeat(32) }];
  const { rows } = revocationTable([revocation, { ...revocation, holders }]);
  assert.deepEqual(
    rows.map(([whom]) => whom),
    ["the certificate 7f", "the certificate 7f, of device-1, key abababababab"],
  );
  assert.deepEqual(revocationView({ ...revocation, holders }).holders, holders);
  assert.equal("holders" in revocationView(revocation), false);
});
