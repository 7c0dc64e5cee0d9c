import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openFilesBelow, watchFiles } from "@jamesd/testkit";

function fileIn(t: TestContext): readonly [folder: string, path: string] {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-kit-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), "");
  return [folder, join(folder, "file")];
}

test("a file that is closed after a while is waited for", async (t) => {
  const [folder, path] = fileIn(t);
  const closed = watchFiles(t);
  const file = await open(path);
  assert.deepEqual(openFilesBelow(folder), [path]);
  const waiting = closed(folder);
  await file.close();
  await waiting;
  assert.deepEqual(openFilesBelow(folder), []);
});

test("one that is lost, and closed when garbage is collected, fails the wait", async (t) => {
  const [folder, path] = fileIn(t);
  const closed = watchFiles(t);
  const lose = async (): Promise<void> => void (await open(path));
  await lose();
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const collecting = setInterval(collect, 10);
  t.after(() => clearInterval(collecting));
  await assert.rejects(closed(folder), /not everything was closed: .*garbage collection/);
});
