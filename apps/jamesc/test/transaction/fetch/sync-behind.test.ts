import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { sha256 } from "@jamesd/model";
import type { Wanted } from "../../../src/transaction/fetch/fetched.ts";
import { SyncBehind } from "../../../src/transaction/fetch/sync-behind.ts";

const ENOUGH = 8 * 1024 * 1024;

/** Contents of which some is written. */
function scene(t: TestContext): { readonly behind: SyncBehind; wanted(name: string): Wanted } {
  const folder = mkdtempSync(join(tmpdir(), "behind-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return {
    behind: new SyncBehind(),
    wanted(name) {
      const file = join(folder, name);
      const part = `${file}.part`;
      writeFileSync(part, name);
      writeFileSync(file, name);
      return { digest: sha256(name), size: name.length, file, part, isScript: false };
    },
  };
}

test("one sync at a time is begun for what is written, and not for little", async (t) => {
  const { behind, wanted } = scene(t);
  const one = wanted("one");
  assert.equal(behind.wrote(one, ENOUGH - 1), false);
  assert.equal(behind.wrote(one, ENOUGH), true);
  assert.equal(behind.wrote(one, ENOUGH), false);
  await behind.end();
  assert.equal(behind.wrote(one, ENOUGH), true);
  behind.whole(one);
  behind.whole(wanted("two"));
  await behind.end();
  assert.ok(existsSync(one.file));
});

// The disk's own error takes this way as well; that there is nothing is one that needs no broken disk.
test("a content that could not be synced is not kept, and those that follow are not begun", async (t) => {
  const { behind, wanted } = scene(t);
  const [bad, good] = [wanted("bad"), wanted("good")];
  rmSync(bad.part);
  assert.equal(behind.wrote(bad, ENOUGH), true);
  behind.whole(good);
  const failed = { code: "ENOENT", path: bad.part };
  await assert.rejects(behind.end(), failed);
  assert.equal(existsSync(bad.file), false);
  assert.ok(existsSync(good.file));
  assert.throws(() => behind.wrote(good, 1), failed);
  assert.throws(() => behind.whole(good), failed);
});

test("what has not begun need not when nothing of it is staged", async (t) => {
  const { behind, wanted } = scene(t);
  const [one, gone] = [wanted("one"), wanted("gone")];
  behind.whole(one);
  behind.whole(gone);
  rmSync(gone.file);
  behind.leave();
  await behind.end();
});
