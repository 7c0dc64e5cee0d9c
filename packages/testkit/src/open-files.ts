import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { waitFor } from "./wait.ts";

/** The files in a folder, or below it, that this process has open now, each as often as it has. */
export function openFilesBelow(folder: string): readonly string[] {
  return readdirSync("/proc/self/fd")
    .flatMap((fd) => linkOf(`/proc/self/fd/${fd}`) ?? [])
    .filter((path) => path.startsWith(`${folder}/`));
}

/** Undefined for one that was closed meanwhile. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** What Node warns of when it closes a file that nobody can close any more. */
const LOST = /^Closing file descriptor \d+ on garbage collection/;

/** A test, or a file of tests. */
interface Ending {
  readonly after: (done: () => void) => void;
}

/**
 * Looks after the files of this process, until the test ends.
 * @returns waits until none of a folder is open, however slow the machine is
 * @throws Error where one was not closed but lost, and cleared away: to wait for that would prove nothing
 */
export function watchFiles(t: Ending): (folder: string) => Promise<void> {
  const lost: string[] = [];
  const note = ({ message }: Error): void => {
    if (LOST.test(message)) lost.push(message);
  };
  process.on("warning", note);
  t.after(() => process.off("warning", note));
  return async (folder) => {
    await waitFor(
      `the files in ${folder} to be closed`,
      () => openFilesBelow(folder).length === 0 || undefined,
    );
    // It is warned of in the turn after.
    await setImmediate();
    if (lost.length > 0) throw new Error(`not everything was closed: ${lost.join(", ")}`);
  };
}
