// Makes the programs that are shipped, one file each, with the licences of what is in them at the end.
// Usage: node scripts/build.ts [--out DIR] [PROGRAM...]
import { chmod } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type BuildOptions, build } from "esbuild";

const REPOSITORY = resolve(import.meta.dirname, "..");
const SHEBANG = "#!/usr/bin/env node";

/** The agent runs on whatever a device has: Node 20, and CommonJS, which a single executable needs. */
const FOR_DEVICES: BuildOptions = { format: "cjs", target: "node20", banner: { js: SHEBANG } };

/** Libraries in CommonJS that are bundled as ESM still call `require` for what Node has built in. */
const AS_MODULE: BuildOptions = {
  format: "esm",
  banner: {
    js: `${SHEBANG}\nimport { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);`,
  },
};

const FOR_SERVERS: BuildOptions = { ...AS_MODULE, target: "node24" };
const FOR_PEOPLE: BuildOptions = { ...AS_MODULE, target: "node20" };

const PROGRAMS: Readonly<Record<string, { readonly file: string; readonly options: BuildOptions }>> = {
  jamesc: { file: "jamesc.cjs", options: FOR_DEVICES },
  jamesd: { file: "jamesd.mjs", options: FOR_SERVERS },
  "jamesd-ctl": { file: "jamesd-ctl.mjs", options: FOR_PEOPLE },
  pkitool: { file: "pkitool.mjs", options: FOR_PEOPLE },
};

async function buildProgram(name: string, folder: string): Promise<string> {
  const program = PROGRAMS[name];
  if (!program) throw new Error(`${name} is none of ${Object.keys(PROGRAMS).join(", ")}`);
  const outfile = join(folder, program.file);
  await build({
    ...program.options,
    entryPoints: [join(REPOSITORY, "apps", name, "src/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    legalComments: "eof",
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
  return outfile;
}

const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
const folder = resolve(values.out ?? join(REPOSITORY, "dist"));
const names = positionals.length > 0 ? positionals : Object.keys(PROGRAMS);
for (const file of await Promise.all(names.map((name) => buildProgram(name, folder)))) console.log(file);
