import type { DocumentChange, DocumentKey, DocumentVersion, StoredDocument, Tag } from "@jamesd/model";
import type { RevisionRange, RevisionRequest } from "./revision-store.ts";

/** A revision that changed the document of a device, or a spec that chooses by these tags, or did until then. */
export type Touch =
  | { readonly device: string; readonly revision: number }
  | { readonly selector: readonly Tag[]; readonly revision: number };

/** The outcome of a commit: the newest revision of the fleet, and what it changed; nothing, when all was so already. */
export interface Committed {
  readonly revision: number;
  readonly changed: readonly DocumentVersion[];
}

/** The desired states and specs, with everything that they ever said. */
export interface DocumentStore {
  /**
   * Changes documents as one new revision whose parent is the newest one, all or nothing. What says the same as before
   * is left out; when nothing is left, there is no new revision.
   * @throws REVISION_CONFLICT when a document that changes is not at the revision that its change expects (0: there is none), CHANGE_OVERTAKEN
   */
  commit(changes: readonly DocumentChange[], request: RevisionRequest, judgedAt?: number): Promise<Committed>;
  /**
   * What every document said at a revision, or says now, or only those that were touched in a range of revisions; by kind
   * and id, without those that were removed.
   */
  all(revision?: number, touched?: RevisionRange): Promise<readonly StoredDocument[]>;
  /** What one document said at a revision, or says now; undefined when there was none. */
  get(key: DocumentKey, revision?: number): Promise<StoredDocument | undefined>;
  /** Everything that a document ever said, oldest first. */
  versions(key: DocumentKey): Promise<readonly DocumentVersion[]>;
  /** What the revisions of a range said, oldest first. */
  madeIn(range: RevisionRange): Promise<readonly DocumentVersion[]>;
  /** The newest revision that touched each device, and each selector that a spec has or ever had, though the spec may be gone. */
  touches(): Promise<readonly Touch[]>;
  /** The documents that revisions of a range touched; by kind and id. */
  touched(range: RevisionRange): Promise<readonly DocumentKey[]>;
}
