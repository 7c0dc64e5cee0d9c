import { statSync } from "node:fs";

/** So often it is looked whether files were changed, in milliseconds. */
const LOOK_MS = 5_000;

/**
 * Calls when one of the files is another one than before, or was written to. It waits until all are as they were at the look
 * before: who replaces several does so one after the other. It does not keep the process alive. @returns what ends it
 */
export function watchFiles(paths: readonly string[], changed: () => void, everyMs = LOOK_MS): () => void {
  let known = identityOf(paths);
  let before = known;
  const timer = setInterval(() => {
    const now = identityOf(paths);
    const isSettled = now === before;
    before = now;
    if (now === known || !isSettled) return;
    known = now;
    changed();
  }, everyMs).unref();
  return () => clearInterval(timer);
}

// By path and not by a descriptor: it is the name that is read next. The change time is set by whatever is done to a file.
function identityOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      try {
        const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true });
        return [dev, ino, size, ctimeNs].join(" ");
      } catch (thrown) {
        return String((thrown as NodeJS.ErrnoException).code);
      }
    })
    .join("\n");
}
