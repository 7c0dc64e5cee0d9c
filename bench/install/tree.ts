import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runProgram } from "@jamesd/testkit";
import { halfCompressible } from "./content.ts";

/** A tree to install: so many files of equal size, a hundred a folder. */
export interface Tree {
  readonly name: string;
  readonly files: number;
  readonly megabytes: number;
}

export const TREES: readonly Tree[] = [
  { name: "small", files: 5000, megabytes: 60 },
  { name: "single", files: 1, megabytes: 100 },
  { name: "large", files: 20, megabytes: 100 },
];

const FILES_A_FOLDER = 100;

/** Makes the tree and packs it as the seed does. @returns the archive's path */
export async function packTree({ name, files, megabytes }: Tree, folder: string): Promise<string> {
  const root = join(folder, `${name}-tree`);
  const size = Math.floor((megabytes * 1e6) / files);
  for (let number = 0; number < files; number++) {
    const path = join(root, "opt", name, `part-${Math.floor(number / FILES_A_FOLDER)}`, `file-${number}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, halfCompressible(number, size));
  }
  const archive = join(folder, `${name}.tar.xz`);
  // The fastest setting and one thread: packing is not what is measured, and one block is what every xz unpacks alike.
  const env = { XZ_OPT: "-1 -T1" };
  const { code, stderr } = await runProgram(["tar", "-cJf", archive, "-C", root, "."], { env });
  if (code !== 0) throw new Error(`tar: ${stderr}`);
  return archive;
}
