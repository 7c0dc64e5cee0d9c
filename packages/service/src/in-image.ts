import { lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { JamesError } from "@jamesd/model";

/** As many as the kernel follows. path_resolution(7) */
const MOST_LINKS = 40;

/**
 * Where a path of an image is on this machine, the links above it followed as the image itself would: one that begins with `/`
 * leads to the top of the image, and none out of it. What stands at the path itself is not followed.
 * @throws JamesError SERVICE_FAILED when links lead to each other
 */
export function inImage(root: string, path: string): string {
  return resolved(root, path, false);
}

/** The same, but a link at the path itself is followed as well: where the image would read it. @throws JamesError as `inImage` */
export function readInImage(root: string, path: string): string {
  return resolved(root, path, true);
}

function resolved(root: string, path: string, isLastFollowed: boolean): string {
  const done: string[] = [];
  let links = 0;
  for (let left = namesOf(path); left.length > 0; ) {
    const [name = "", ...rest] = left;
    const target = rest.length === 0 && !isLastFollowed ? undefined : linkAt(join(root, ...done, name));
    left = target === undefined ? rest : [...namesOf(target), ...rest];
    if (name === "..") done.pop();
    else if (target === undefined) done.push(name);
    else if (target.startsWith("/")) done.length = 0;
    if (target !== undefined) links += 1;
    if (links > MOST_LINKS)
      throw new JamesError("SERVICE_FAILED", `too many links lead to ${path} in ${root}`, {
        hint: "Look which of them lead to each other.",
      });
  }
  return join(root, ...done);
}

/** Whether something stands at a path of an image, if only a link. @throws JamesError SERVICE_FAILED as `inImage` */
export function isThere(root: string, path: string): boolean {
  return lstatSync(inImage(root, path), { throwIfNoEntry: false }) !== undefined;
}

function namesOf(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

/** Where the link at a path leads; undefined when it is none. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
