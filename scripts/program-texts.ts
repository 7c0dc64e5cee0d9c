// Manual pages and completions of programs, from the definitions of their options.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bashCompletion, fishCompletion, manPage, zshCompletion } from "@jamesd/config/shell";
import { allPrograms } from "../docs/programs.ts";

const programs = await allPrograms();

/** Writes those of the named programs into `man/` and `completions/` of a folder. @returns the manual pages, below the folder */
export function writeTexts(folder: string, names: readonly string[]): readonly string[] {
  const chosen = programs.filter(({ name }) => names.includes(name));
  for (const kind of ["man", "completions"]) mkdirSync(join(folder, kind), { recursive: true });
  return chosen.map((program) => {
    const { name, section } = program;
    const page = `man/${name}.${section}`;
    writeFileSync(join(folder, page), manPage(program));
    // By the names under which the shells look for them.
    writeFileSync(join(folder, `completions/${name}.bash`), bashCompletion(program));
    writeFileSync(join(folder, `completions/_${name}`), zshCompletion(program));
    writeFileSync(join(folder, `completions/${name}.fish`), fishCompletion(program));
    return page;
  });
}
