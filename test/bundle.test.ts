import assert from "node:assert/strict";
import { isBuiltin } from "node:module";
import { test } from "node:test";
import { minified } from "../scripts/bundle.ts";

test("a bundle loads what Node has built in by require, which reads no more of it than is used", async () => {
  const text = String(await minified("pkitool"));
  const imported = [...text.matchAll(/\b(?:from|import)\s*\(?"([^"]+)"/g)].map(([, name = ""]) => name);
  assert.deepEqual(
    imported.filter((name) => isBuiltin(name)),
    ["node:module"],
  );
});
