import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCK_FLAGS } from "../../src/commands/lock-flags.ts";

test("a serial number is taken as programs write it, and what is none is a word that was written wrongly", () => {
  assert.equal(LOCK_FLAGS.serial.parse("0x0A:1B"), "a1b");
  assert.throws(() => LOCK_FLAGS.serial.parse("zz"), {
    code: "USAGE",
    message: '"zz" is not a serial number',
  });
});
