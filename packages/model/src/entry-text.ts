import type { Digest } from "./digest.ts";
import type { Entry } from "./manifest.ts";

const SHORT_DIGEST = 12;

/** The first digits of a digest: enough to tell packets apart, and to name one. */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, SHORT_DIGEST);
}

/** An entry without its path, as `ls -l` would tell of it: mode, owner, size or where it leads. */
export function entryText(entry: Entry): string {
  const head = `${modeText(entry)} ${entry.uid}:${entry.gid}`;
  if (entry.type === "symlink") return `${head} -> ${entry.target}`;
  return entry.type === "directory" ? `${head} directory` : `${head} ${entry.size}`;
}

/** An entry as a line of a list has it: mode, owner, size, and the path with where it leads. */
export function entryCells(entry: Entry): readonly [string, string, string, string] {
  const size = entry.type === "file" ? String(entry.size) : "-";
  return [modeText(entry), `${entry.uid}:${entry.gid}`, size, `/${entry.path}${endOf(entry)}`];
}

function endOf(entry: Entry): string {
  if (entry.type === "directory") return "/";
  if (entry.type === "symlink") return ` -> ${entry.target}`;
  return entry.sameAs === undefined ? "" : ` = /${entry.sameAs}`;
}

/** A mode as `ls -l` has it in digits; a link has none of its own. */
function modeText(entry: Entry): string {
  return "mode" in entry ? octal(entry.mode) : "link";
}

/** A mode in octal digits, as people write it. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
