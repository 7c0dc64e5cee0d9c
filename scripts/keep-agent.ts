// Keeps the agent as it is now for the tests of later versions. Usage: node scripts/keep-agent.ts VERSION
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const REPOSITORY = resolve(import.meta.dirname, "..");
const version = process.argv[2];
if (version === undefined || !/^[\w.-]+$/.test(version)) throw new Error("say which version it is");
const { outputFiles } = await build({
  entryPoints: [`${REPOSITORY}/apps/jamesc/src/main.ts`],
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  legalComments: "eof",
  logLevel: "warning",
  write: false,
});
const file = `${REPOSITORY}/test/releases/jamesc-${version}.cjs.br`;
await writeFile(file, brotliCompressSync(outputFiles[0]?.contents ?? new Uint8Array()));
console.log(file);
