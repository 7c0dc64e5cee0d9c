import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";

const SOURCE = resolve(import.meta.dirname, "../src");

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
