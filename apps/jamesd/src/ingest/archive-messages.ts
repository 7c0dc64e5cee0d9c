import type { ArchiveLimits } from "@jamesd/archive";
import type { Digest, ErrorBody, Manifest } from "@jamesd/model";
import type { DroppedAttributes } from "./attribute-notes.ts";

/** What was read of an archive besides contents. */
export interface ReadArchive {
  readonly manifest: Manifest;
  readonly dropped: DroppedAttributes | undefined;
}

/** What the thread that reads an archive is given. */
export interface ArchiveTask {
  /** The open file, which is the same in every thread of a process. */
  readonly file: number;
  readonly limits: ArchiveLimits;
}

/** What it says: the content of one file after another, in chunks, then how it ended. */
export type FromThread =
  | { readonly kind: "file"; readonly path: string; readonly size: number }
  | { readonly kind: "chunk"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "end" }
  | { readonly kind: "manifest"; readonly archive: ReadArchive }
  | { readonly kind: "refused"; readonly error: ErrorBody };

/** What it hears: that a chunk was taken, and after the end of a file what was stored. */
export type ToThread =
  | { readonly kind: "taken" }
  | { readonly kind: "stored"; readonly digest: Digest; readonly size: number };
