import type { DocumentKey, Revision } from "@jamesd/model";
import type { Origin } from "./origin.ts";

/** What a revision took back. */
export interface Reverting {
  /** The revision that it went back to. */
  readonly to: number;
  /** The only one that did; undefined: all. */
  readonly document?: DocumentKey | undefined;
}

/** Who makes a revision, from where, when and why. */
export interface RevisionRequest extends Origin {
  readonly message: string;
  /** Undefined: it takes nothing back. */
  readonly reverts?: Reverting | undefined;
}

/** A revision that took something back. */
export interface RevertingRevision extends Reverting {
  readonly number: number;
}

/** The revisions after one, up to another. */
export interface RevisionRange {
  readonly after: number;
  readonly upTo: number;
}

/** Which revisions to read, newest first. */
export interface RevisionQuery {
  /** Only those that changed this document. */
  readonly document?: DocumentKey | undefined;
  /** Only those with a smaller number. */
  readonly before?: number | undefined;
  /** Only those by this author. */
  readonly author?: string | undefined;
  /** Only those made at that time or later, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** At the most so many. */
  readonly limit: number;
}

/** A revision and the documents that it changed: how many, and the first of them. */
export interface RevisionRecord extends Revision {
  readonly changed: number;
  readonly documents: readonly DocumentKey[];
  /** Undefined: it took nothing back, as far as is known. */
  readonly reverts?: Reverting | undefined;
}

/** The history of the fleet. */
export interface RevisionStore {
  /** Revisions, newest first. */
  list(query: RevisionQuery): Promise<readonly RevisionRecord[]>;
  /** The first `limit` revisions after one that took something back. */
  reverting(after: number, limit: number): Promise<readonly RevertingRevision[]>;
  /** The number of the newest; 0 when there is none. */
  newest(): Promise<number>;
  /** The number that the next one gets, unless some are skipped before. */
  next(): Promise<number>;
  /** One of them; undefined when there is none of that number. */
  get(number: number): Promise<Revision | undefined>;
  /** None that is made from now on has this number or a smaller one. */
  skip(upTo: number): Promise<void>;
  /** A secret that was made with the repository and stays with its history, also in a backup. */
  historyKey(): Promise<Uint8Array>;
}
