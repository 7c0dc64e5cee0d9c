import type { Digest, ScriptName } from "@jamesd/model";

/** A script to run; its counterpart undoes it. */
export interface ScriptOperation {
  readonly kind: "script";
  readonly script: ScriptName;
  readonly app: string;
  readonly packet: Digest;
}

/** What slots of old files begin with. */
export const OLD_SLOT = "old-";

/**
 * What the switch does, one small reversible thing at a time. `slot` names a file in the staging area `area`.
 * Each is written so that whether it is done can be seen in the file system alone, after a crash at any moment.
 */
export type Operation =
  | ScriptOperation
  /** Moves what stands at the path into the slot, if it has `content`, when that is given. Done: the slot exists. */
  | {
      readonly kind: "aside";
      readonly path: string;
      readonly area: number;
      readonly slot: string;
      readonly content?: Digest;
    }
  /** Moves the slot to the path, where nothing stands. Done: the slot does not exist. */
  | { readonly kind: "place"; readonly path: string; readonly area: number; readonly slot: string }
  /** Makes a directory that was missing. Done: it exists. */
  | DirectoryOperation<"mkdir">
  /** Removes a directory of ours when it is empty. Done: it is missing. */
  | DirectoryOperation<"rmdir">;

interface DirectoryOperation<K extends string> {
  readonly kind: K;
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
