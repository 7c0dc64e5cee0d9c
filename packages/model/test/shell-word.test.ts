import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { shellWord } from "@jamesd/model";
import fc from "fast-check";

test("a shell reads as one word, and as itself, whatever it is", () => {
  const signs = fc.constantFrom(..."'\"`$()&;|<>*?[]{}~!#\\= \n", "--", "a", "é");
  const text = fc.oneof(
    fc.string({ unit: signs, minLength: 1 }),
    fc.string({ unit: "grapheme", minLength: 1 }),
  );
  // No command takes a NUL, and half a pair is nothing that can be written.
  const words = fc.array(
    text.filter((word) => !word.includes("\0")),
    { minLength: 1, maxLength: 200 },
  );
  fc.assert(
    fc.property(words, (all) => {
      const script = `printf '%s\\0' ${all.map(shellWord).join(" ")}`;
      assert.deepEqual(execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0"), [...all, ""]);
    }),
    { numRuns: 10 },
  );
});

test("what no shell minds is left as it is", () => {
  for (const word of ["gw-1", "v1.0.0", "armv7l,glibc-2.23", "a=b", "/etc/x", "aa:bb"])
    assert.equal(shellWord(word), word);
  assert.equal(shellWord("x;reboot"), "'x;reboot'");
  assert.equal(shellWord(""), "''");
});
