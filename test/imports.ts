import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** That a file names another, as a value or as a type only. */
export interface Import {
  /** Below the top of the repository. */
  readonly file: string;
  readonly specifier: string;
}

/** What the sources below `folder` import. */
export function importsBelow(folder: string): readonly Import[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .flatMap((name) => importsOf(join(ROOT, folder, name)));
}

function importsOf(path: string): readonly Import[] {
  const text = readFileSync(path, "utf8");
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/g,
  );
  return [...found].map(([, from, dynamic]) => ({
    file: relative(ROOT, path),
    specifier: from ?? dynamic ?? "",
  }));
}
