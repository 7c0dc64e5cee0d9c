import assert from "node:assert/strict";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { reportError } from "@jamesd/config";
import { JamesError } from "@jamesd/model";

test("an error that somebody's text is in is printed at a length that a person can read", () => {
  const lines: string[] = [];
  const output = { err: (text: string): void => void lines.push(text) };
  const thrown = new JamesError("NAME_INVALID", "n".repeat(100_000), { hint: "h".repeat(100_000) });
  assert.equal(reportError("jamesd-ctl", thrown, output), 2);
  const err = lines.join("");
  assert.ok(err.length < 11_000, String(err.length));
  assert.match(err, /^jamesd-ctl: n+… \[NAME_INVALID\]\n {2}hint: h+…\n$/);
});

test("that the current folder is gone is said as that", () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "jamesd-gone-"));
  process.chdir(folder);
  rmdirSync(folder);
  const lines: string[] = [];
  try {
    process.cwd();
    assert.fail("it is there");
  } catch (thrown) {
    assert.equal(reportError("pkitool", thrown, { err: (text) => void lines.push(text) }), 2);
  } finally {
    process.chdir(before);
  }
  assert.match(lines.join(""), /^pkitool: the current folder is gone \[FILE_UNREADABLE\]\n {2}hint: .*cd \//);
});
