import assert from "node:assert/strict";
import { isBuiltin } from "node:module";
import { test } from "node:test";
import { loadedAtStart, minified } from "../scripts/bundle.ts";

test("a bundle loads what Node has built in by require, which reads no more of it than is used", async () => {
  const text = String(await minified("pkitool"));
  const imported = [...text.matchAll(/\b(?:from|import)\s*\(?"([^"]+)"/g)].map(([, name = ""]) => name);
  assert.deepEqual(
    imported.filter((name) => isBuiltin(name)),
    ["node:module"],
  );
});

// A start costs what it loads, and scripts call a command a hundred times.
test("jamesd-ctl loads what reads documents, and other libraries that few commands need, when one is called", async () => {
  const loaded = [...(await loadedAtStart("jamesd-ctl"))];
  assert.ok(loaded.includes("apps/jamesd-ctl/src/commands/apply.ts"), "and what every start loads is found");
  const libraries = new Set(
    loaded.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  assert.deepEqual([...libraries].sort(), ["node_modules/commander", "node_modules/yaml"]);
  assert.deepEqual(
    loaded.filter((path) => /^packages\/protocol\/src\/(schema|.*routes\.ts)/.test(path)),
    [],
    "schemas are made when they are needed",
  );
});
