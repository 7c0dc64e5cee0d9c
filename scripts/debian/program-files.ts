import { readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeTexts } from "../program-texts.ts";
import type { Content } from "./package.ts";

/** Manual pages and completions of programs, where a system looks for them. `scratch` is a folder to make them in. */
export function programFiles(names: readonly string[], scratch: string): Readonly<Record<string, Content>> {
  const pages = writeTexts(scratch, names).map((page): [string, Content] => [
    `usr/share/man/man${extname(page).slice(1)}/${basename(page)}.gz`,
    gzipSync(readFileSync(join(scratch, page)), { level: 9 }),
  ]);
  const completions = names.flatMap((name): [string, Content][] => [
    [`usr/share/bash-completion/completions/${name}`, { from: join(scratch, `completions/${name}.bash`) }],
    [`usr/share/zsh/vendor-completions/_${name}`, { from: join(scratch, `completions/_${name}`) }],
    [`usr/share/fish/vendor_completions.d/${name}.fish`, { from: join(scratch, `completions/${name}.fish`) }],
  ]);
  return Object.fromEntries([...pages, ...completions]);
}
