import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { noteInHistory, readHistory } from "../../../src/transaction/journal/history.ts";
import { makeReport } from "../../../src/transaction/journal/report.ts";

const folder = mkdtempSync(join(tmpdir(), "jamesc-history-"));
after(() => rmSync(folder, { recursive: true }));

const transaction = (id: string, output = "") => ({
  ...makeReport({ id, target: "a".repeat(64), revision: 1, started: 5, attempt: 1 }, [], undefined),
  scripts: [
    { app: "a", script: "postinst" as const, exitCode: 0, signal: null, durationMs: 1, output, undo: false },
  ],
});
const idsOf = (path: string) => readHistory(path).map(({ id }) => id);

test("each transaction is told of once, and what a crash cut is passed over", () => {
  const path = join(folder, "crash");
  assert.deepEqual(readHistory(path), []);
  noteInHistory(path, transaction("one"), [{ name: "a", tags: ["v1"] }]);
  noteInHistory(path, transaction("one"), []);
  appendFileSync(path, '{"format":1,"id":"tw');
  noteInHistory(path, transaction("three"), []);
  noteInHistory(path, transaction("three"), []);
  appendFileSync(path, '{"format":2,"id":"later"}\n');
  assert.deepEqual(idsOf(path), ["one", "three"]);
  assert.deepEqual(readHistory(path)[0]?.apps, [{ name: "a", tags: ["v1"] }]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("it does not grow for ever, and keeps the last", () => {
  const path = join(folder, "long");
  const ids = Array.from({ length: 300 }, (_, i) => `id-${i}`);
  let most = 0;
  for (const id of ids) {
    noteInHistory(path, transaction(id, "x".repeat(10_000)), []);
    most = Math.max(most, statSync(path).size);
  }
  assert.ok(most <= 512 * 1024, String(most));
  const kept = idsOf(path);
  assert.deepEqual(kept, ids.slice(-kept.length));
  assert.ok(kept.length > 20);
});
