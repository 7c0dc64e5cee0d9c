// Has tests keep their files in memory: what they wait for and work at most is else a disk that none of them is about.
// Those that are about one bring their own (`ImageDisks`), and `npm run test:exhaustive` uses that of the machine.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmdirSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { availableMemory } from "node:process";

/** Tests hold some GiB at once; who has not the double of that has none for files. */
const ENOUGH_BYTES = 8 * 2 ** 30;

// A namespace of mounts of its own: it goes, with all that is mounted in it, with the last process of it, however that ends.
const MOUNT = 'mount -t tmpfs -o "size=$1,mode=1777" jamesd-tests "$TMPDIR" || exit; shift; exec "$@"';

/**
 * Runs a command whose folder for temporary files is in memory, and gives its exit code; undefined, and nothing was run,
 * where there is too little memory, or nobody may mount. @param kept variables that name folders which are to outlive it
 */
export async function inMemory(
  command: readonly string[],
  kept: NodeJS.ProcessEnv,
): Promise<number | undefined> {
  const size = Math.floor(availableMemory() / 2);
  if (2 * size < ENOUGH_BYTES) return undefined;
  const dir = mkdtempSync(join(tmpdir(), "jamesd-tests-"));
  try {
    const env = { ...process.env, ...kept, TMPDIR: dir };
    const [file, ...args] = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", String(size)] as const;
    if (spawnSync(file, [...args, "true"], { env }).status !== 0) return undefined;
    const child = spawn(file, [...args, ...command], { env, stdio: "inherit" });
    const [code, signal] = await once(child, "close");
    return code ?? 128 + constants.signals[signal as NodeJS.Signals];
  } finally {
    rmdirSync(dir);
  }
}
