import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Bench } from "./fixture.ts";

/** Runs a command of the system that must succeed. */
export function sh(...[command = "", ...args]: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args);
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error ?? stderr}`);
}

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
