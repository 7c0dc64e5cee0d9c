import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { requireRoom } from "../../../src/transaction/disk/room.ts";

test("whoever lacks room is told how much of what is free stays so: what is needed may be less than that", () => {
  const folder = tmpdir();
  requireRoom(folder, 0, 0);
  const { bavail, bsize } = statfsSync(folder);
  try {
    // All that is free; somebody else may take of it meanwhile.
    requireRoom(folder, bavail * bsize, 0, "a folder");
    assert.fail("a hundredth stays free");
  } catch (thrown) {
    assert.ok(thrown instanceof JamesError);
    assert.equal(thrown.code, "STORAGE_FULL");
    const [, needed, kept, free] =
      /for a folder: the plan needs (\d+) bytes there besides (\d+) that stay free, and (\d+) are free$/.exec(
        thrown.message,
      ) ?? [];
    assert.ok(Number(kept) > 0 && Number(needed) + Number(kept) > Number(free), thrown.message);
  }
});
