import { chmodSync, mkdirSync, renameSync, rmdirSync } from "node:fs";
import { JamesError } from "@jamesd/model";
import type { OpenAreas } from "./area.ts";
import type { Executors, OperationOf } from "./execute.ts";
import type { RootFs } from "./root-fs.ts";
import { setOwner } from "./stage.ts";

/** Does one operation that has not been done before. */
export const APPLY: Executors = {
  aside: setAside,
  place,
  mkdir: makeDirectory,
  rmdir: ({ path }, root) => removeDirectory(path, root),
};

function setAside({ path, area, slot }: OperationOf<"aside">, root: RootFs, areas: OpenAreas): void {
  // A script may have removed it meanwhile; a directory that took its place is not the packet's.
  const there = root.lstat(path);
  if (there && !there.isDirectory()) renameSync(root.at(path), areas.slot(area, slot));
}

function place({ path, area, slot }: OperationOf<"place">, root: RootFs, areas: OpenAreas): void {
  if (root.lstat(path))
    throw new JamesError("PATH_NOT_OWNED", `something appeared at /${path} while the plan was carried out`, {
      hint: "A script must not create what its packet contains.",
    });
  renameSync(areas.slot(area, slot), root.at(path));
}

/** Makes a directory with its mode and owner, unless it is there. */
export function makeDirectory(
  { path, mode, uid, gid }: { path: string; mode: number; uid: number; gid: number },
  root: RootFs,
): void {
  if (root.isDirectory(path)) return;
  mkdirSync(root.at(path), { mode: 0o700 });
  setOwner(root.at(path), { uid, gid });
  chmodSync(root.at(path), mode);
}

/** Removes a directory when it is empty; one in use stays. */
export function removeDirectory(path: string, root: RootFs): void {
  if (!root.lstat(path)?.isDirectory()) return;
  root.forget();
  try {
    rmdirSync(root.at(path));
  } catch (cause) {
    if (!["ENOTEMPTY", "EEXIST", "EBUSY"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
  root.forget();
}
