import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { approve } from "../../src/commands/approve.ts";
import { reject } from "../../src/commands/reject.ts";

suite("approve", () => {
  test("takes so many digits of a key that nobody finds another key for them; reject takes fewer", () => {
    const takes = ({ fingerprint }: typeof approve.options | typeof reject.options, digits: number) =>
      fingerprint.parse("7d1a03bc".repeat(9).slice(0, digits));
    assert.equal(takes(approve.options, 16), "7d1a03bc7d1a03bc");
    for (const digits of [0, 8, 12, 15, 65])
      assert.throws(() => takes(approve.options, digits), { code: "USAGE" }, String(digits));
    assert.equal(takes(reject.options, 8), "7d1a03bc");
    assert.throws(() => takes(reject.options, 7), { code: "USAGE" });
  });
});
