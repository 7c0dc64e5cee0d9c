import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./imports.ts";

/** What a flag of a shown command is given that is a word or text of somebody's, and not `shellWord` of it. */
const BARE = /--(?:id|name|spec|device|app|tags|app-tags|wave|state|file|serial|issuer) \$\{(?!shellWord\()/;

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\/src\/.*\.tsx?$/.test(name) && !name.includes("node_modules"))
    .map((name) => join(folder, name));
}

// A device that joins chooses its id, and whoever uploads a packet its name: what people copy must not run what is in them.
test("a command that people are shown, to be copied, has names as words of a shell", () => {
  const sources = ["apps", "packages"].flatMap(sourcesBelow).map((path) => ({
    path,
    lines: readFileSync(join(ROOT, path), "utf8").split("\n"),
  }));
  const shown = sources.flatMap(({ lines }) => lines.filter((line) => line.includes("shellWord(")));
  assert.ok(shown.length > 20, `${shown.length} lines`);
  const bare = sources.flatMap(({ path, lines }) =>
    lines.filter((line) => BARE.test(line)).map((line) => `${path}: ${line.trim()}`),
  );
  assert.deepEqual(bare, []);
});
