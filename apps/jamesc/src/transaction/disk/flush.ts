import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** From so many files on, writing out the file systems first is quicker than syncing one file after the other. */
export const MANY_FILES = 200;

/**
 * Has the kernel write out the whole file systems of these folders (syncfs(2), which only coreutils' sync(1) offers us).
 * This only makes the fsync(2) of many files quick that must follow: it proves nothing. Before Linux 5.8 it hides write
 * errors, later it hides those that another program was told of first, and a device may have no such command.
 */
export async function flushFileSystems(folders: readonly string[]): Promise<void> {
  const fds = folders.map((folder) => openSync(folder, "r"));
  try {
    await new Promise<void>((resolve) => {
      // Handed over as descriptors: the folders' paths may hold only for this process.
      const paths = fds.map((_, index) => `/proc/self/fd/${index + 3}`);
      const sync = spawn("sync", ["-f", ...paths], { stdio: ["ignore", "ignore", "ignore", ...fds] });
      sync.on("error", () => resolve());
      sync.on("close", () => resolve());
    });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
