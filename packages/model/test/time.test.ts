import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isoTime } from "../src/index.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** Where a form is written that others have decided: not for people, or to the millisecond on purpose. */
const OTHER_FORMS = [
  "apps/jamesc/src/log.ts",
  "apps/jamesd-ctl/src/export-file/members.ts",
  "apps/jamesd/src/webhooks/sender.ts",
  "packages/model/src/time.ts",
  "packages/pki/src/device-certificate.ts",
  "packages/protocol/src/words/time.ts",
  "packages/testkit/src/sandbox-pki.ts",
];

test("a time is told to the second, in UTC; what is none as it is", () => {
  assert.equal(isoTime(Date.UTC(2026, 0, 31, 1, 2, 3, 456)), "2026-01-31T01:02:03Z");
  assert.equal(isoTime(8.64e15 + 1), "8640000000000001");
});

test("every program tells people times in that one form", () => {
  const own = globSync("{apps,packages}/*/src/**/*.{ts,tsx}", { cwd: ROOT })
    .filter((path) => readFileSync(join(ROOT, path), "utf8").includes("toISOString("))
    .sort();
  assert.deepEqual(own, OTHER_FORMS, "else: isoTime of the model");
});
