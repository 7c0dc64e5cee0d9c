import { closeSync, readdirSync } from "node:fs";
import { type Entry, JamesError, type Packet, parentPaths } from "@jamesd/model";
import { entryIn, type RootFs } from "./root-fs.ts";

/** An app and its packet. */
export interface AppPacket {
  readonly app: string;
  readonly packet: Packet;
}

/**
 * Checks, before anything is touched, that nothing which no packet owns stands where a packet wants to put something,
 * as the device will be when the packets that leave have been deleted.
 * @throws JamesError PATH_NOT_OWNED, naming the path
 */
export function checkOwnership(
  coming: readonly AppPacket[],
  leaving: readonly AppPacket[],
  directories: ReadonlySet<string>,
  root: RootFs,
): void {
  const freed = new Set(
    leaving.flatMap(({ packet }) =>
      packet.manifest.filter((entry) => entry.type !== "directory").map(({ path }) => path),
    ),
  );
  // Directories that the agent did not make stay, whoever else owns them.
  const left = new Set([...freed, ...directories]);
  const checkedParents = new Set<string>();
  for (const { app, packet } of coming) {
    for (const entry of packet.manifest) {
      for (const parent of parentPaths(entry.path)) {
        if (!checkedParents.has(parent)) checkDirectory(app, parent, freed, root);
        checkedParents.add(parent);
      }
      if (entry.type === "directory") checkDirectory(app, entry.path, freed, root);
      else checkFile(app, entry, freed, left, root);
    }
  }
}

function checkFile(
  app: string,
  entry: Entry,
  freed: ReadonlySet<string>,
  left: ReadonlySet<string>,
  root: RootFs,
): void {
  const there = isBelow(entry.path, freed) ? undefined : root.lstat(entry.path);
  if (there === undefined) return;
  if (
    there.isDirectory() ? left.has(entry.path) && willBeEmpty(entry.path, left, root) : freed.has(entry.path)
  )
    return;
  throw notOwned(
    app,
    entry.path,
    there.isDirectory() ? "is a directory with files that no packet owns" : "exists and belongs to no packet",
  );
}

function checkDirectory(app: string, path: string, freed: ReadonlySet<string>, root: RootFs): void {
  const there = isBelow(path, freed) ? undefined : root.lstat(path);
  if (there === undefined || there.isDirectory() || freed.has(path) || root.isDirectory(path)) return;
  throw notOwned(app, path, "is not a directory and belongs to no packet");
}

// A file or link that leaves makes way for a directory: what one sees through it now is another place.
function isBelow(path: string, freed: ReadonlySet<string>): boolean {
  return parentPaths(path).some((parent) => freed.has(parent));
}

function willBeEmpty(path: string, left: ReadonlySet<string>, root: RootFs): boolean {
  const directory = root.open(path);
  try {
    return readdirSync(entryIn(directory.fd, ""), { withFileTypes: true }).every((child) => {
      const childPath = `${path}/${child.name}`;
      return left.has(childPath) && (!child.isDirectory() || willBeEmpty(childPath, left, root));
    });
  } finally {
    closeSync(directory.fd);
  }
}

function notOwned(app: string, path: string, why: string): JamesError {
  return new JamesError("PATH_NOT_OWNED", `${app} wants to put a file at /${path}, which ${why}`, {
    hint: "Move it away on the device, or leave it out of the packet.",
  });
}
