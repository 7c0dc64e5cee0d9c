import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { isTrustedUser } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { entryIn } from "./descriptor.ts";

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** What the agent calls the files in it. */
const SLOT = /^(?:new|old|kept)-\d/;

/** Makes a folder that only the agent's user can look into, in an open directory. It must be opened to be sure of it. */
export function makeStagingFolder(parent: number, name: string): void {
  mkdirSync(entryIn(parent, name), { mode: 0o700 });
}

/**
 * Opens a staging folder by the descriptor of the directory that it is in. Where others may write there they can put
 * something else in its place at any time: what was opened is looked at, and what is opened stays what it is.
 * @param shown what people know it by
 * @throws ENOENT; JamesError DEVICE_IO when it is not the agent's own
 */
export function openStagingFolder(parent: number, name: string, shown: string): number {
  const fd = openSync(entryIn(parent, name), FOLDER);
  if (isOwn(fd)) return fd;
  closeSync(fd);
  throw new JamesError(
    "DEVICE_IO",
    `${shown} is not jamesc's own: another user made it, or may write to it`,
    {
      hint: "See whose it is, and remove it.",
    },
  );
}

/** Deletes a staging folder and the files in it by descriptor; what stands there and is not the agent's own is left alone. */
export function removeStagingFolder(parent: number, name: string): void {
  const path = entryIn(parent, name);
  // A link, or a file, is nothing that the agent made.
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const fd = openSync(path, FOLDER);
  try {
    if (!isOwn(fd)) return;
    empty(fd);
  } finally {
    closeSync(fd);
  }
  try {
    rmdirSync(path);
  } catch (cause) {
    // Something else was in it, or came there in this moment.
    if (!["ENOTEMPTY", "ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? ""))
      throw cause;
  }
}

/** Deletes what is at a name in the agent's own folder, with everything in it: by descriptor, for a user may have had a folder moved there, which he still works in. */
export function removeWhole(parent: number, name: string): void {
  const path = entryIn(parent, name);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (!there?.isDirectory()) {
    if (there) unlinkSync(path);
    return;
  }
  const fd = openSync(path, FOLDER);
  try {
    for (const inside of readdirSync(entryIn(fd, ""))) removeWhole(fd, inside);
  } finally {
    closeSync(fd);
  }
  rmdirSync(path);
}

function empty(fd: number): void {
  const entries = readdirSync(entryIn(fd, ""), { withFileTypes: true });
  for (const entry of entries)
    if (SLOT.test(entry.name) && !entry.isDirectory()) unlinkSync(entryIn(fd, entry.name));
}

/** Nobody but root and the agent's user can have made it, or can change what is in it. */
function isOwn(fd: number): boolean {
  const { uid, mode } = fstatSync(fd);
  return isTrustedUser(uid) && (mode & 0o022) === 0;
}
