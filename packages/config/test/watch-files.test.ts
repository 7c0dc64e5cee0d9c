import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { watchFiles } from "@jamesd/config";
import { waitFor } from "@jamesd/testkit";

test("files that are replaced, written to, taken away or put back are told of, once each time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-watch-"));
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  let told = 0;
  writeFileSync(one, "1");
  const end = watchFiles([one, other], () => (told += 1), 10);
  const changes: readonly (() => void)[] = [
    () => appendFileSync(one, "2"),
    () => writeFileSync(other, "1"),
    () => {
      // As long as before, and as old.
      writeFileSync(`${other}.new`, "2");
      utimesSync(`${other}.new`, 0, 0);
      renameSync(`${other}.new`, other);
    },
    () => rmSync(one),
    () => writeFileSync(one, "12"),
  ];
  try {
    for (const [before, change] of changes.entries()) {
      change();
      await waitFor("that it is told", () => (told > before ? true : undefined));
      assert.equal(told, before + 1);
    }
  } finally {
    end();
    rmSync(folder, { recursive: true });
  }
});
