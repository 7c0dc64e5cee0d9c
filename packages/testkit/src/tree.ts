import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What stands at a path, in a form that two trees can be compared by. */
export interface TreeEntry {
  readonly type: "file" | "directory" | "symlink" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** SHA-256 of a file, target of a link. */
  readonly content: string;
}

/** Everything below a folder, by its path relative to it; names in `except` are left out wherever they stand. */
export function readTree(root: string, except: readonly string[] = []): Record<string, TreeEntry> {
  const tree: Record<string, TreeEntry> = {};
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      if (except.includes(name)) continue;
      const child = path === "" ? name : `${path}/${name}`;
      tree[child] = readEntry(join(root, child));
      if (tree[child].type === "directory") visit(child);
    }
  };
  visit("");
  return tree;
}

function readEntry(path: string): TreeEntry {
  const there = lstatSync(path);
  const { mode } = there;
  const base = { uid: there.uid, gid: there.gid };
  if (there.isDirectory()) return { ...base, type: "directory", mode: mode & 0o7777, content: "" };
  if (there.isSymbolicLink()) return { ...base, type: "symlink", mode: 0o777, content: readlinkSync(path) };
  if (!there.isFile()) return { ...base, type: "other", mode: mode & 0o7777, content: "" };
  const content = createHash("sha256").update(readFileSync(path)).digest("hex");
  return { ...base, type: "file", mode: mode & 0o7777, content };
}
