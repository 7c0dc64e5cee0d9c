import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
} from "node:fs";
import { isTrustedUser } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { entryIn, isMissing } from "../disk/descriptor.ts";
import { naming } from "../disk/device-error.ts";
import { needsOwner, OWNER_HINT } from "../disk/owners.ts";
import type { RootFs } from "../disk/root-fs.ts";
import { parentOf } from "../disk/tree-path.ts";
import type { OperationOf } from "../journal/operation.ts";
import { contentAt } from "../plan/content.ts";
import { isAcross, placeAcross, setAsideAcross } from "./across.ts";
import type { OpenAreas } from "./area.ts";
import type { Executors } from "./execute.ts";
import { keepThere } from "./keep.ts";
import { canSyncLater } from "./sync-directories.ts";

/** Does one operation that has not been done before. */
export const APPLY: Executors = {
  aside: { doing: "move away", run: setAside },
  place: { doing: "put in place", run: place },
  keep: { doing: "put back", run: keepThere },
  mkdir: { doing: "make the folder", run: makeDirectory },
  rmdir: { doing: "remove the folder", run: ({ path }, root) => removeDirectory(path, root) },
  mode: { doing: "change the mode of", run: setMode },
  owner: { doing: "change the owner of", run: setOwner },
};

function setAside(operation: OperationOf<"aside">, root: RootFs, areas: OpenAreas): void {
  const { path, area, slot, content, size = 0 } = operation;
  // A script may have removed it meanwhile; a directory that took its place is not the packet's.
  const there = root.lstat(path);
  if (!there || there.isDirectory()) return;
  if (content !== undefined && contentAt(path, root, size) !== content)
    throw new JamesError("TRANSACTION_FAILED", `/${path} was changed while the plan was carried out`, {
      hint: "Nothing of it is lost; the next try looks at it anew.",
    });
  try {
    renameSync(root.at(path), areas.slot(area, slot));
  } catch (cause) {
    if (!isAcross(cause)) throw cause;
    setAsideAcross(operation, root, areas);
  }
  // Swapped in this moment by somebody who may write there. Undoing gives it back.
  if (lstatSync(areas.slot(area, slot), { throwIfNoEntry: false })?.isDirectory())
    throw new JamesError("TRANSACTION_FAILED", `/${path} became a folder while the plan was carried out`, {
      hint: "Somebody else works in the folder that it is in; the next try looks at it anew.",
    });
}

function place(operation: OperationOf<"place">, root: RootFs, areas: OpenAreas): void {
  const { path, area, slot } = operation;
  if (root.lstat(path))
    throw new JamesError("PATH_NOT_OWNED", `something appeared at /${path} while the plan was carried out`, {
      hint: "A script must not create what its packet contains.",
    });
  try {
    renameSync(areas.slot(area, slot), root.at(path));
  } catch (cause) {
    if (!isAcross(cause)) throw cause;
    placeAcross(operation, root, areas);
  }
}

/** A directory with its mode and owner. */
export interface DirectorySpec {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Makes a directory with its mode and owner, unless it is there. */
function makeDirectory(spec: DirectorySpec, root: RootFs): void {
  if (root.isDirectory(spec.path)) return;
  mkdirSync(root.at(spec.path), { mode: 0o700 });
  setDirectory(spec, root);
}

/** Brings back a directory that was removed, or that an earlier try brought back by half. */
export function restoreDirectory(spec: DirectorySpec, root: RootFs): void {
  if (!root.isDirectory(spec.path)) mkdirSync(root.at(spec.path), { mode: 0o700 });
  setDirectory(spec, root);
}

function setDirectory(spec: DirectorySpec, root: RootFs): void {
  const { path, mode, uid, gid } = spec;
  withDirectory(path, root, (fd) => {
    if (!root.isGuarded(parentOf(path)) && !isNew(fd, spec)) return;
    if (needsOwner(spec))
      naming(`give the owner ${uid}:${gid} to`, `/${path}`, () => fchownSync(fd, uid, gid), OWNER_HINT);
    fchmodSync(fd, mode);
    if (!canSyncLater(mode)) fsyncSync(fd);
  });
}

// Where others may rename things, what stands there may be another directory: root's own, which is not to be given away.
function isNew(fd: number, wanted: DirectorySpec): boolean {
  const { mode, uid } = fstatSync(fd);
  const isOurs = isTrustedUser(uid) || uid === wanted.uid;
  return isOurs && (mode & 0o777) === 0o700 && readdirSync(entryIn(fd, "")).length === 0;
}

/** Gives a directory another mode, when it is there. */
export function setMode({ path, from, to }: Omit<OperationOf<"mode">, "kind">, root: RootFs): void {
  withDirectory(path, root, (fd) => {
    // As in `isNew`.
    if (!root.isGuarded(parentOf(path)) && (fstatSync(fd).mode & 0o7777) !== from) return;
    fchmodSync(fd, to);
    if (!canSyncLater(from, to)) fsyncSync(fd);
  });
}

/** Gives a directory another owner, when it is there. */
export function setOwner({ path, from, to }: Omit<OperationOf<"owner">, "kind">, root: RootFs): void {
  withDirectory(path, root, (fd) => {
    const { uid, gid } = fstatSync(fd);
    // As in `isNew`.
    if (!root.isGuarded(parentOf(path)) && (uid !== from.uid || gid !== from.gid)) return;
    fchownSync(fd, to.uid, to.gid);
  });
}

// By a descriptor that no link swapped in can lead elsewhere; a link that the device has there stays as it is. A way through
// it that was safe to go by need not be any more.
function withDirectory(path: string, root: RootFs, work: (fd: number) => void): void {
  if (!root.lstat(path)?.isDirectory()) return;
  const fd = openSync(root.at(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    work(fd);
  } finally {
    closeSync(fd);
    root.forget();
  }
}

/** Removes a directory when it is empty; one in use stays. */
export function removeDirectory(path: string, root: RootFs): void {
  if (!root.lstat(path)?.isDirectory()) return;
  root.forget();
  try {
    rmdirSync(root.at(path));
  } catch (cause) {
    if (isMissing(cause)) return;
    if (!["ENOTEMPTY", "EEXIST", "EBUSY"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
  root.forget();
}
