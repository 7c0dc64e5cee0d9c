import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { JamesError } from "@jamesd/model";

/** As many links as Linux follows in one path: https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const MOST_LINKS = 40;

/** A step of the way to a folder. */
interface Step {
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Sees that what is in a folder was put there by this user or root, so that it may be believed, and written beside: the
 * folder is theirs, and nobody else may write to it. Nor may anybody else have led the way there: no link on it is
 * another user's, and nothing on it lies where everybody may write but what is theirs. A folder that is not there yet is
 * fine; what is no folder, or cannot be reached, is for others to refuse.
 * @param use with `read`, for what is only copied or checked, root takes the folder also from the user that it belongs
 *   to, as a service's folder; the way there stays as above
 * @throws JamesError FOLDER_UNSAFE
 */
export function checkOwnFolder(path: string, use: "believe" | "read" = "believe"): void {
  const at = walk(path);
  if (!at?.stats.isDirectory()) return;
  if (use === "believe" || process.geteuid?.() !== 0) checkOwner(at, path);
  checkWriters(at, path);
}

/**
 * The same of a file that is believed: nobody else may write to it, or put another one in its place, and the way to it is as
 * above. That it is another user's, or lies in a folder of one, is only told: whoever put files there for this one to use
 * may have left them so, as containers do.
 * @returns a warning @throws JamesError FOLDER_UNSAFE
 */
export function checkOwnFile(path: string): string | undefined {
  const file = walk(path);
  if (!file?.stats.isFile()) return undefined;
  const above = dirname(file.path);
  const folder = { path: above, stats: lstatSync(above) };
  if (!isSticky(folder.stats)) checkWriters(folder, path);
  checkWriters(file, path);
  const theirs = [file, folder].find(({ stats }) => !isTrustedUser(stats.uid));
  return theirs && `user ${theirs.stats.uid} can change ${path}, for ${theirs.path} is theirs: chown root it`;
}

/** Sees that the way to a file or folder is nobody else's, be it there or not. @throws JamesError FOLDER_UNSAFE */
export function checkOwnWay(path: string): void {
  walk(path);
}

/** Goes all the way, links and all; undefined when it does not lead to anything. */
function walk(path: string): Step | undefined {
  const names = resolve(path).split("/").filter(isName);
  let at: Step = { path: "/", stats: lstatSync("/") };
  for (let links = 0; names.length > 0 && at.stats.isDirectory(); ) {
    const name = names.shift() ?? "";
    const next = name === ".." ? dirname(at.path) : join(at.path, name);
    const stats = look(next);
    if (name !== "..") checkParent(at, path);
    if (!stats) return undefined;
    const step = { path: next, stats };
    if (isOpen(at.stats) || stats.isSymbolicLink()) checkOwner(step, path);
    if (!stats.isSymbolicLink()) at = step;
    else if (links++ >= MOST_LINKS) return undefined;
    else {
      const target = readlinkSync(next);
      names.unshift(...target.split("/").filter(isName));
      if (target.startsWith("/")) at = { path: "/", stats: lstatSync("/") };
    }
  }
  return names.length === 0 ? at : undefined;
}

/** What is there; undefined when nothing is, or when it cannot be looked at: then it cannot be used either. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function isName(part: string): boolean {
  return part !== "" && part !== ".";
}

/** True when everybody may make something there. */
function isOpen({ mode }: Stats): boolean {
  return (mode & 0o002) !== 0;
}

function isSticky({ mode }: Stats): boolean {
  return (mode & 0o1000) !== 0;
}

// The sticky bit keeps others from moving away what is not theirs: https://man7.org/linux/man-pages/man7/inode.7.html
function checkParent({ path, stats }: Step, wanted: string): void {
  if (!isOpen(stats) || isSticky(stats)) return;
  throw unsafe(wanted, `everybody may write to ${path}`, `chmod o-w ${path}, or name another folder.`);
}

/** True for the users that gain nothing by what this process does: root, and its own. */
export function isTrustedUser(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function checkOwner({ path, stats: { uid } }: Step, wanted: string): void {
  if (isTrustedUser(uid)) return;
  throw unsafe(
    wanted,
    `${path} belongs to user ${uid}, neither to this user nor to root`,
    "Name another folder, or run as its owner; or see what is in it and give it to this user (chown).",
  );
}

function checkWriters(folder: Step, wanted: string): void {
  const { mode, gid } = folder.stats;
  // With a umask of 002 every user's folders are writable for a group in which nobody else is.
  const isGroupOthers = (mode & 0o020) !== 0 && gid !== 0 && gid !== process.getegid?.();
  if (!isOpen(folder.stats) && !isGroupOthers) return;
  throw unsafe(
    wanted,
    `others may write to ${folder.path}`,
    `See what is in it, then chmod go-w ${folder.path}; or name another folder.`,
  );
}

function unsafe(wanted: string, why: string, hint: string): JamesError {
  return new JamesError("FOLDER_UNSAFE", `${wanted} will not be used: ${why}`, { hint });
}
