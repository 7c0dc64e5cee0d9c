// Makes the programs that are shipped, one file each, with the licences of what is in them at the end.
import { chmod } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BUNDLES, bundleInto } from "./bundle.ts";
import { runCommand } from "./command-line.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const USAGE = "run build -- [--out DIR] [PROGRAM...]";
const FLAGS = { options: { out: { type: "string" } }, allowPositionals: true } as const;

async function buildProgram(name: string, folder: string): Promise<string> {
  const file = await bundleInto(folder, name);
  await chmod(file, 0o755);
  return file;
}

await runCommand(USAGE, FLAGS, async ({ values, positionals }) => {
  const folder = resolve(values.out ?? join(REPOSITORY, "dist"));
  const names = positionals.length > 0 ? positionals : Object.keys(BUNDLES);
  for (const file of await Promise.all(names.map((name) => buildProgram(name, folder)))) console.log(file);
});
