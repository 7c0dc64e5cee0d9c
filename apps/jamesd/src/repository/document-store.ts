import type { DocumentChange, DocumentKey, DocumentVersion, StoredDocument, Tag } from "@jamesd/model";
import type { RevisionRange, RevisionRequest } from "./revision-store.ts";
import type { RolloutChange } from "./rollout-store.ts";

/** A revision that changed a spec that chooses by these tags, or did until then. */
export interface Touch {
  readonly selector: readonly Tag[];
  readonly revision: number;
}

/** The outcome of a commit: the newest revision of the fleet, and what it changed; nothing, when all was so already. */
export interface Committed {
  readonly revision: number;
  readonly changed: readonly DocumentVersion[];
}

/** The desired states and specs, with everything that they ever said. */
export interface DocumentStore {
  /**
   * Changes documents as one new revision whose parent is the newest one, all or nothing. What says the same as before
   * is left out; when nothing is left, there is no new revision, and no rollout begins or ends.
   * @throws REVISION_CONFLICT when a document that changes is not at the revision that its change expects (0: there is none),
   * CHANGE_OVERTAKEN also when a rollout that ends is not at its step any more, ROLLOUT_STATUS when one that is to be superseded is over
   */
  commit(
    changes: readonly DocumentChange[],
    request: RevisionRequest,
    judgedAt?: number,
    rollouts?: RolloutChange,
  ): Promise<Committed>;
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
  /** What every spec says now, by id; as if some revisions had never been. */
  specs(except?: ReadonlySet<number>): Promise<readonly StoredDocument[]>;
  /** What devices had of their own at a revision, as it was said last until then; null where it was removed. Equal contents may be one object. */
  ownOf(ids: readonly string[], revision: number): Promise<readonly DocumentVersion[]>;
  /** At most so many of what devices have of their own now, by id, from the first after an id. */
  ownAfter(id: string, most: number): Promise<readonly StoredDocument[]>;
  /** At most so many ids of devices that have something of their own or had it once, from the first after an id. */
  ownersAfter(id: string, most: number): Promise<readonly string[]>;
  /** The newest revision that touched each selector that a spec has or ever had, though the spec may be gone; as if some revisions had never been. */
  touches(except?: ReadonlySet<number>): Promise<readonly Touch[]>;
  /** The documents that revisions of a range touched; by kind and id. */
  touched(range: RevisionRange): Promise<readonly DocumentKey[]>;
}
