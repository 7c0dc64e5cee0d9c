import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { JamesError } from "@jamesd/model";

/** Nothing that the agent writes for itself is longer: what is was not written by it, and would take the memory. */
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Reads a file of the state directory whole. Something else in its place, such as a pipe, is never waited for.
 * @throws JamesError DEVICE_IO when it is no file, or one of such a size; what open(2) does when nothing is there
 */
export function readAgentFile(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw notOurs(path, "is no file");
    if (stats.size > MOST_BYTES) throw notOurs(path, `is ${stats.size} bytes long`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function notOurs(path: string, what: string): JamesError {
  return new JamesError("DEVICE_IO", `${path} ${what}: jamesc did not write it so`, {
    hint: "Move it away; docs/operations.md says what to do when the state directory is damaged.",
  });
}
