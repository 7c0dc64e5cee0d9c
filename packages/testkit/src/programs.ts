import { fileURLToPath } from "node:url";

/** The four programs. */
export type ProgramName = "jamesd" | "jamesc" | "jamesd-ctl" | "pkitool";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const BUNDLES: Readonly<Record<ProgramName, string>> = {
  jamesd: "jamesd.mjs",
  jamesc: "jamesc.cjs",
  "jamesd-ctl": "jamesd-ctl.mjs",
  pkitool: "pkitool.mjs",
};

/**
 * How to start a program: its source with this Node, or, when JAMESD_BUNDLES names the folder that `npm run build` wrote,
 * its bundle.
 */
export function programCommand(name: ProgramName): readonly [string, ...string[]] {
  const bundles = process.env.JAMESD_BUNDLES;
  if (bundles) return [process.execPath, `${bundles}/${BUNDLES[name]}`];
  return [process.execPath, `${ROOT}apps/${name}/src/main.ts`];
}
