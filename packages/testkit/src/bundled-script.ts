import { mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./program.ts";

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
/** Libraries in CommonJS that are bundled as ESM still call `require` for what Node has built in. */
const REQUIRE =
  'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);';

/**
 * Bundles a script that tests start as a process many times into one file, and gives its path: a start then reads a file
 * in place of a hundred, which takes a third of the time, under strace too. It lies where each build of it does, so that
 * what Node compiles of it is found again.
 */
export async function bundledScript(script: string): Promise<string> {
  const folder = process.env.JAMESD_BUNDLES ?? join(MODULES, ".cache");
  const outfile = join(folder, "jamesd-scripts", `${basename(script, ".ts")}.mjs`);
  // Other files of tests may be starting it, and building it as well.
  const part = `${outfile}.${process.pid}`;
  mkdirSync(join(folder, "jamesd-scripts"), { recursive: true });
  const flags = ["--bundle", "--platform=node", "--format=esm", "--keep-names", "--log-level=warning"];
  const command = [
    join(MODULES, ".bin/esbuild"),
    script,
    ...flags,
    `--banner:js=${REQUIRE}`,
    `--outfile=${part}`,
  ];
  const { code, stderr } = await runProgram(command);
  if (code !== 0) throw new Error(`${script} is not bundled: ${stderr}`);
  renameSync(part, outfile);
  return outfile;
}
