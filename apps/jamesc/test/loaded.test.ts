import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";

const SOURCE = resolve(import.meta.dirname, "../src");
/** Of Node, each half a megabyte or more of a device's memory. */
const LARGE = ["node:fs/promises", "node:http", "node:https", "node:stream/promises", "node:zlib"];

// In parts: what a part imports is loaded with it, and what it imports by `import()` is another part.
test("an agent that waits, and looks for drift meanwhile, loads nothing large of Node", async () => {
  const { metafile } = await build({
    entryPoints: ["start.ts", "transaction/drift/drift.ts"].map((name) => resolve(SOURCE, name)),
    ...{ bundle: true, splitting: true, format: "esm", platform: "node", outdir: "parts" },
    ...{ write: false, metafile: true, logLevel: "warning" },
  });
  const loaded = new Set<string>();
  const load = (part: string): void => {
    if (loaded.has(part)) return;
    loaded.add(part);
    for (const { path, kind } of metafile.outputs[part]?.imports ?? [])
      if (kind === "import-statement") load(path);
  };
  const entries = Object.keys(metafile.outputs).filter((part) => /(start|drift\/drift)\.js$/.test(part));
  assert.equal(entries.length, 2);
  for (const part of entries) load(part);
  assert.ok(loaded.has("node:tls"));
  assert.deepEqual(
    LARGE.filter((name) => loaded.has(name) || loaded.has(name.replace("node:", ""))),
    [],
  );
});

test("nothing of the agent asks over HTTP of Node's own", async () => {
  const { metafile } = await build({
    entryPoints: ["main.ts", "start.ts"].map((name) => resolve(SOURCE, name)),
    ...{ bundle: true, splitting: true, format: "esm", platform: "node", outdir: "parts" },
    ...{ write: false, metafile: true, logLevel: "warning" },
  });
  const imports = Object.values(metafile.outputs).flatMap((part) => part.imports.map(({ path }) => path));
  assert.ok(imports.includes("node:tls"));
  assert.deepEqual(
    imports.filter((path) => /^(?:node:)?https?$/.test(path)),
    [],
  );
});
