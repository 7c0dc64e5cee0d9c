import { readFileSync, statSync } from "node:fs";

const READERS = 0o044;

/**
 * What to say of a secret that stands where other users of this machine can read it; undefined when it does not.
 * @param what names it @param secret as it was written @param files where it may have been written
 */
export function exposedSecret(
  what: string,
  secret: string,
  argv: readonly string[],
  files: readonly string[],
): string | undefined {
  if (argv.some((word) => word.includes(secret)))
    return `all users of this machine can read ${what} in the command line: give it in a variable, or in a file that nobody else reads`;
  const file = files.find((path) => isOpenWith(path, secret));
  return file && `others can read ${what} in ${file}: chmod 600 it`;
}

function isOpenWith(path: string, secret: string): boolean {
  try {
    return (statSync(path).mode & READERS) !== 0 && readFileSync(path, "utf8").includes(secret);
  } catch {
    return false;
  }
}
