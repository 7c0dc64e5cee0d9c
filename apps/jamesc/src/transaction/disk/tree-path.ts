/** Paths below the install root as texts, without a slash in front; "" is the root itself. */

/** The path of the directory that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** The last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of what has a name in a directory. */
export function pathIn(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** True when a path is directly in a directory; it makes no text for that. */
export function isIn(path: string, directory: string): boolean {
  const end = Math.max(path.lastIndexOf("/"), 0);
  return end === directory.length && path.startsWith(directory);
}

/** True when a path is directly in a directory, or in one above that. */
export function isInOrAbove(path: string, directory: string): boolean {
  if (isIn(path, directory)) return true;
  const end = Math.max(path.lastIndexOf("/"), 0);
  return end === 0 || (directory[end] === "/" && directory.startsWith(path.slice(0, end)));
}
