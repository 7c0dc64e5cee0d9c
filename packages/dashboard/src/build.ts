import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** A file of the dashboard. */
export interface Asset {
  /** Its content type. */
  readonly type: string;
  readonly content: string;
}

/** By the path at which it is; `/` is the page. */
export type Assets = Readonly<Record<string, Asset>>;

const SOURCE = import.meta.dirname;

/** Makes the dashboard of its source: a page, a script and a style, which take nothing from elsewhere. */
export async function buildDashboard(): Promise<Assets> {
  const { outputFiles } = await build({
    entryPoints: { dashboard: join(SOURCE, "browser/main.tsx") },
    absWorkingDir: join(SOURCE, "../../.."),
    outdir: "/",
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
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
  const textOf = (path: string): string => outputFiles.find((file) => file.path === path)?.text ?? "";
  return {
    "/": { type: "text/html; charset=utf-8", content: readFileSync(join(SOURCE, "page.html"), "utf8") },
    "/dashboard.js": { type: "text/javascript; charset=utf-8", content: textOf("/dashboard.js") },
    "/dashboard.css": { type: "text/css; charset=utf-8", content: textOf("/dashboard.css") },
  };
}
