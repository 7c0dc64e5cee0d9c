import type { Digest, ScriptName } from "@jamesd/model";
import type { Owned } from "../disk/owners.ts";

/** A script to run; its counterpart undoes it. */
export interface ScriptOperation {
  readonly kind: "script";
  readonly script: ScriptName;
  readonly app: string;
  readonly packet: Digest;
}

/** Where a file operation is done. */
interface AtPath {
  readonly path: string;
  /** What the directory above the path is on, as an index into the list of the journal's `begin`; missing: the same as the install root. */
  readonly mount?: number;
}

/** What slots of old files begin with. */
export const OLD_SLOT = "old-";

/** What slots begin with that keep the contents of files which stay. */
export const KEPT_SLOT = "kept-";

/** What slots of new files begin with. */
export const NEW_SLOT = "new-";

/** The digest in the name of a new file's slot: what was put there. */
export function contentOfSlot(slot: string): Digest | undefined {
  return /^new-\d+-[0-9a-f]+-([0-9a-f]{64})/.exec(slot)?.[1];
}

/** How slots end whose files stand where others may swap them: what is in one need not be what was put there. */
export const SWAPPABLE = ".swappable";

/**
 * What the switch does, one small reversible thing at a time. `slot` names a file in the staging area `area`.
 * Each is written so that whether it is done can be seen in the file system alone, after a crash at any moment.
 */
export type Operation =
  | ScriptOperation
  /** Moves what stands at the path into the slot, if it has `content`, when that is given. Done: the slot exists. */
  | (AtPath & {
      readonly kind: "aside";
      readonly area: number;
      readonly slot: string;
      readonly content?: Digest;
      /** Of that content, in bytes. */
      readonly size?: number;
      /** What stood there before the first change; see as-before.ts. The first jamesc did not note it. */
      readonly was?: string;
    })
  /** Moves the slot to the path, where nothing stands. Done: the slot does not exist. */
  | (AtPath & {
      readonly kind: "place";
      readonly area: number;
      readonly slot: string;
      /** The file capabilities that it has, in hexadecimal digits. */
      readonly capability?: string;
    })
  /** Sees that what stands at the path is what stood there, a file that stays although scripts run; else puts it there. Done: always, for that can be seen. */
  | KeepOperation
  /** Makes a directory that was missing. Done: it exists. */
  | DirectoryOperation<"mkdir">
  /** Removes a directory of ours when it is empty. Done: it is missing. */
  | DirectoryOperation<"rmdir">
  /** Gives a directory that is there another mode. Done: it has that mode. */
  | (AtPath & { readonly kind: "mode"; readonly from: number; readonly to: number })
  /** Gives a directory that is there another owner. Done: it has that owner. */
  | (AtPath & { readonly kind: "owner"; readonly from: Owned; readonly to: Owned });

/** A file that stays where it is although scripts run, which may change it. */
export interface KeepOperation extends AtPath {
  readonly kind: "keep";
  readonly area: number;
  /** Where its content is kept, from byte `start` on; others may be in the same slot. */
  readonly slot: string;
  readonly start: number;
  readonly content: Digest;
  readonly size: number;
  /** What it is like, all bits of the mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Times of the last write and of the last change, milliseconds since the epoch, and inode number: while the last two are the same, nothing was done to it. */
  readonly written: number;
  readonly changed: number;
  readonly ino: number;
  /** A script may have changed it before: its content is compared in any case. */
  readonly isSuspect?: true;
}

interface DirectoryOperation<K extends string> extends AtPath {
  readonly kind: K;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** An operation that only renames, makes or removes; scripts are the runner's. */
export type FileOperation = Exclude<Operation, { kind: "script" }>;

/** The operation of a kind. */
export type OperationOf<K extends FileOperation["kind"]> = Extract<FileOperation, { kind: K }>;
