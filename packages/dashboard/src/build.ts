import { readFileSync } from "node:fs";
import { join } from "node:path";
import { minify } from "@swc/core";
import { build } from "esbuild";
import { type Assets, assetOf } from "./asset.ts";

const SOURCE = import.meta.dirname;

/** The dashboard, and what it is made of. */
interface BuiltDashboard {
  readonly assets: Assets;
  /** Files, from the repository on. */
  readonly inputs: readonly string[];
}

/** Makes the dashboard of its source: a page, a script and a style, which take nothing from elsewhere. */
export async function buildDashboard(): Promise<BuiltDashboard> {
  const { outputFiles, metafile } = await bundle();
  const textOf = (path: string): string => outputFiles.find((file) => file.path === path)?.text ?? "";
  const page = readFileSync(join(SOURCE, "page.html"), "utf8").replace(/\n\s*/g, "");
  const assets = {
    "/": assetOf("text/html; charset=utf-8", page),
    "/dashboard.js": assetOf("text/javascript; charset=utf-8", await shortest(textOf("/dashboard.js"))),
    "/dashboard.css": assetOf("text/css; charset=utf-8", textOf("/dashboard.css")),
  };
  return { assets, inputs: Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs)) };
}

function bundle() {
  return build({
    entryPoints: { dashboard: join(SOURCE, "browser/main.tsx") },
    absWorkingDir: join(SOURCE, "../../.."),
    outdir: "/",
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    // Libraries as today's browsers read them, and without what they have for those who look into them.
    platform: "neutral",
    define: { "window.__PREACT_SIGNALS_DEVTOOLS__": "undefined" },
    target: "es2022",
    // As short as it can be written, whatever the types are read by.
    tsconfigRaw: {},
    jsx: "transform",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    inject: [join(SOURCE, "browser/h.ts")],
    charset: "utf8",
    // The model takes digests; pages only show them.
    alias: { "node:crypto": join(SOURCE, "no-crypto.ts") },
    legalComments: "eof",
    logLevel: "warning",
  });
}

/** A script, shorter than the bundler makes it: by 4 % as it is sent. */
async function shortest(script: string): Promise<string> {
  const { code } = await minify(script, { module: true, ecma: 2022, compress: { passes: 3 }, mangle: true });
  return code;
}
