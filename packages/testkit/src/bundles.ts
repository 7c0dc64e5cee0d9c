import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./program.ts";

const BUILD = fileURLToPath(new URL("../../../scripts/build.ts", import.meta.url));

/** The programs that are started; disposing of it removes what was built. */
export interface Bundles extends AsyncDisposable {
  readonly what: string;
}

/**
 * Builds the programs as they are shipped and has the test kit start those: stripping types costs an agent memory and
 * every start time that no device ever pays. JAMESD_BUNDLES names other ones.
 */
export async function useBundles(): Promise<Bundles> {
  const given = process.env.JAMESD_BUNDLES;
  if (given) return { what: "the bundles of JAMESD_BUNDLES", [Symbol.asyncDispose]: async () => undefined };
  const folder = mkdtempSync(join(tmpdir(), "jamesd-bundles-"));
  const { code, stderr } = await runProgram([process.execPath, BUILD, "--out", folder]);
  if (code !== 0) throw new Error(`the build failed: ${stderr}`);
  process.env.JAMESD_BUNDLES = folder;
  return {
    what: "freshly built bundles",
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
