import { join } from "node:path";
import { sh } from "@jamesd/testkit";
import { Bench } from "./fixture.ts";

/** A bench whose install root is an ext4 of its own; unmounted before the folder goes. */
export async function withExt4(use: (bench: Bench) => Promise<void>): Promise<void> {
  using bench = new Bench();
  const image = join(bench.dir, "image");
  sh("truncate", "-s", "16M", image);
  sh("mkfs.ext4", "-q", image);
  sh("mount", "-o", "loop", image, bench.root);
  try {
    await use(bench);
  } finally {
    sh("umount", bench.root);
  }
}
