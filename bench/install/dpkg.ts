import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timed } from "./command.ts";

/** How a package's contents are packed: as the tree's archive is, or not at all. */
export type Packing = "xz" | "none";

/** Packs a tree as a .deb with no scripts. @returns its path */
export async function packDeb(name: string, tree: string, packing: Packing, folder: string): Promise<string> {
  const deb = join(folder, `${name}-${packing}.deb`);
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  writeFileSync(
    join(tree, "DEBIAN", "control"),
    `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: a tree\n`,
  );
  await timed("dpkg-deb", `-Z${packing}`, "-z1", "--build", tree, deb);
  return deb;
}

/**
 * Installs a .deb into a fresh root with a database of its own: nothing of the system is touched. Many containers tell
 * dpkg not to sync (`force-unsafe-io`); here it does, as on a device. @returns seconds
 */
export function installDeb(deb: string, root: string): Promise<number> {
  const database = join(root, "var/lib/dpkg");
  for (const part of ["info", "updates", "triggers"]) mkdirSync(join(database, part), { recursive: true });
  for (const file of ["status", "available"]) writeFileSync(join(database, file), "");
  const force = ["--no-force-unsafe-io", "--force-not-root", "--force-bad-path"];
  return timed("dpkg", `--root=${root}`, `--log=${root}.log`, ...force, "-i", deb);
}
