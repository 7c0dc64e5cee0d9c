// Keeps agent, server and command line as they are now for the tests of later versions. Usage: node scripts/keep-release.ts VERSION
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { BUNDLES, minified } from "./bundle.ts";

const RELEASES = resolve(import.meta.dirname, "../test/releases");
const version = process.argv[2];
if (version === undefined || !/^[\w.-]+$/.test(version)) throw new Error("say which version it is");
for (const name of ["jamesc", "jamesd", "jamesd-ctl"]) {
  const file = join(RELEASES, (BUNDLES[name]?.file ?? "").replace(".", `-${version}.`));
  await writeFile(`${file}.br`, brotliCompressSync(await minified(name)));
  console.log(`${file}.br`);
}
