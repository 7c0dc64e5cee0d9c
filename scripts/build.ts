// Makes the programs that are shipped, one file each, with the licences of what is in them at the end.
// Usage: node scripts/build.ts [--out DIR] [PROGRAM...]
import { chmod } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BUNDLES, bundleInto } from "./bundle.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");

async function buildProgram(name: string, folder: string): Promise<string> {
  const file = await bundleInto(folder, name);
  await chmod(file, 0o755);
  return file;
}

const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
const folder = resolve(values.out ?? join(REPOSITORY, "dist"));
const names = positionals.length > 0 ? positionals : Object.keys(BUNDLES);
for (const file of await Promise.all(names.map((name) => buildProgram(name, folder)))) console.log(file);
