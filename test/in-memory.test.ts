import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inMemory } from "../scripts/in-memory.ts";

const LOOK =
  'stat -f -c %T "$TMPDIR" > "$KEPT/type"; echo x > "$TMPDIR/x"; echo "$TMPDIR" > "$KEPT/where"; exit 7';

test("a command has its files in memory, its exit code is given, and nothing of it is left", async (t) => {
  const kept = mkdtempSync(join(tmpdir(), "jamesd-kept-"));
  t.after(() => rmSync(kept, { recursive: true }));
  const code = await inMemory(["sh", "-c", LOOK], { KEPT: kept });
  // Where nobody may mount, and where there is little memory, nothing is run.
  if (code === undefined) return assert.deepEqual(readdirSync(kept), []);
  assert.equal(code, 7);
  assert.equal(readFileSync(join(kept, "type"), "utf8"), "tmpfs\n");
  assert.ok(!existsSync(readFileSync(join(kept, "where"), "utf8").trim()));
});

test("who is ended by a signal says which, as a shell does", async () => {
  const code = await inMemory(["sh", "-c", "kill -TERM $$"], {});
  assert.ok(code === undefined || code === 128 + 15, String(code));
});
