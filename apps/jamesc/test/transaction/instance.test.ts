import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { instanceOf } from "../../src/transaction/index.ts";

test("an agent calls itself the same as long as it has this state directory, and else another", () => {
  const dir = mkdtempSync(join(tmpdir(), "jamesc-instance-"));
  try {
    const [one, other] = [join(dir, "one"), join(dir, "other")];
    for (const path of [one, other]) mkdirSync(path);
    assert.match(instanceOf(one), /^[0-9a-f]{32}$/);
    assert.equal(instanceOf(one), instanceOf(one));
    assert.notEqual(instanceOf(one), instanceOf(other));
    // One that cannot be looked at has no name that lasts.
    assert.match(instanceOf(join(dir, "none")), /^[0-9a-f]{32}$/);
    assert.notEqual(instanceOf(join(dir, "none")), instanceOf(join(dir, "none")));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
