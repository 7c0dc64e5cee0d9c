import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { timed } from "./command.ts";
import { halfCompressible } from "./content.ts";
import { packDeb } from "./dpkg.ts";

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

/** A tree as each of those that install it wants it. */
export interface PackedTree {
  readonly archive: string;
  readonly plainArchive: string;
  readonly deb: string;
  readonly plainDeb: string;
}

/** Makes the tree and packs it as the seed does, as Debian does, and both without compression. */
export async function packTree(tree: Tree, folder: string): Promise<PackedTree> {
  const root = join(folder, `${tree.name}-tree`);
  makeTree(tree, root);
  const archive = join(folder, `${tree.name}.tar.xz`);
  const plainArchive = join(folder, `${tree.name}.tar`);
  await timed("tar", "-cf", plainArchive, "-C", root, ".");
  // The fastest setting and one thread: packing is not what is measured, and one block is what every xz unpacks alike.
  await timed("tar", "-I", "xz -1 -T1", "-cf", archive, "-C", root, ".");
  // Last: it puts a folder of its own into the tree.
  const deb = await packDeb(tree.name, root, "xz", folder);
  return { archive, plainArchive, deb, plainDeb: await packDeb(tree.name, root, "none", folder) };
}

/** Makes the files of a tree below a folder. */
export function makeTree({ name, files, megabytes }: Tree, root: string): void {
  const size = Math.floor((megabytes * 1e6) / files);
  for (let number = 0; number < files; number++) {
    const path = join(root, "opt", name, `part-${Math.floor(number / FILES_A_FOLDER)}`, `file-${number}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, halfCompressible(number, size));
  }
}
