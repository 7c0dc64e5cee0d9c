/** The process that inherits those whose parents have ended, and is to wait for them. pid_namespaces(7) */
const FIRST = 1;

/** What is wrong with being the first process, as in a container without an init; undefined where this is none. */
export function firstProcessWarning(pid = process.pid): string | undefined {
  // Node waits for its own children alone.
  return pid === FIRST
    ? "jamesc is the first process here, and does not wait for others: whatever scripts leave behind stays as a zombie when it ends, until there may be no more processes; have an init start it, as docker run --init does"
    : undefined;
}
