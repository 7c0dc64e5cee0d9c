import {
  type App,
  blameApps,
  type DocumentContent,
  type DocumentDifference,
  type DocumentKey,
  documentName,
  type Revision,
  type StoredDocument,
  sameContent,
} from "@jamesd/model";
import { unknownDevice } from "../fleet/devices.ts";
import type { KnownFleet } from "../fleet/fleet.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionQuery, RevisionRange, RevisionRecord } from "../repository/revision-store.ts";
import type { RolloutHead } from "../repository/rollout-store.ts";
import { liveWith } from "./live-rollouts.ts";
import { takenBackBy } from "./taken-back.ts";
import { requireRevision, unknownDocument } from "./unknown.ts";

/** So many revisions that took something back are looked at, from the oldest that is listed on. */
const MOST_REVERTING = 1000;

/** The documents that differ between two revisions. */
export interface Changes {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly DocumentDifference[];
}

/** An app, the document that wants it, and the revision that brought it. */
export interface BlamedApp extends DocumentKey, App {
  readonly revision: number;
  readonly author: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A revision, and its rollout where it has or had one. */
export interface ListedRevision extends RevisionRecord {
  readonly rollout: RolloutHead | undefined;
  /** The revision that took it back; undefined: none did, as far as is known. */
  readonly revertedBy: number | undefined;
  /** Rollouts that it took back, or whose place it took. */
  readonly ends: readonly number[];
}

/** The rollout that spreads a document. */
export interface DocumentSpread {
  readonly revision: number;
  /** The revision of what the document says to those that it does not admit yet; 0: nothing. */
  readonly stable: number;
}

/** What revisions say: who changed what, when and why, and what it was before. */
export class History {
  readonly #fleet: KnownFleet;
  readonly #repository: Repository;

  constructor(fleet: KnownFleet, repository: Repository) {
    this.#fleet = fleet;
    this.#repository = repository;
  }

  /** Revisions, newest first. @throws JamesError SPEC_UNKNOWN, DEVICE_UNKNOWN when they are to be of a document */
  async list(query: RevisionQuery): Promise<readonly ListedRevision[]> {
    if (query.document) await this.requireTraces(query.document);
    const records = await this.#repository.revisions.list(query);
    const [newest, oldest] = [records[0]?.number, records.at(-1)?.number];
    if (newest === undefined || oldest === undefined) return [];
    const rollouts = await this.#rolloutsOf(newest, oldest);
    const ended = await this.#repository.rollouts.endedBy({ after: oldest - 1, upTo: newest });
    const reverting = await this.#repository.revisions.reverting(oldest, MOST_REVERTING);
    return records.map((record) => {
      const rollout = rollouts.get(record.number);
      const back = rollout?.state.status === "reverted" ? rollout.endedBy : undefined;
      const ends = ended.flatMap(({ revision, endedBy }) => (endedBy === record.number ? [revision] : []));
      return { ...record, rollout, revertedBy: back ?? takenBackBy(record, reverting), ends };
    });
  }

  /** The rollouts that spread, or spread once, revisions of a range. */
  async #rolloutsOf(newest: number, oldest: number): Promise<ReadonlyMap<number, RolloutHead>> {
    const found = await this.#repository.rollouts.heads({ before: newest + 1, limit: newest - oldest + 1 });
    return new Map(found.map((rollout) => [rollout.revision, rollout]));
  }

  /** A spec as those have it that no rollout admits yet. @throws JamesError SPEC_UNKNOWN */
  async stable(id: string): Promise<StoredDocument> {
    const key: DocumentKey = { kind: "spec", id };
    const document = await this.#repository.documents.get(key, this.spread(id)?.stable);
    if (document) return document;
    throw unknownDocument(key);
  }

  /** The live rollout that spreads a spec; undefined: none does. */
  spread(id: string): DocumentSpread | undefined {
    const [found] = liveWith(this.#fleet.targets.rollouts, [{ kind: "spec", id }]);
    return found && { revision: found.rollout.revision, stable: found.document.stable };
  }

  /**
   * A document at a revision, or now; of a device also before its first check-in and after it was removed.
   * @throws JamesError SPEC_UNKNOWN, REVISION_UNKNOWN, DEVICE_UNKNOWN when nothing was ever heard or said of the device
   */
  async document(key: DocumentKey, revision: number | undefined): Promise<StoredDocument> {
    if (revision !== undefined) requireRevision(revision, await this.#repository.revisions.newest());
    const document = await this.#repository.documents.get(key, revision);
    if (document) return document;
    if (key.kind === "device") await this.requireTraces(key);
    throw unknownDocument(key, revision);
  }

  /** The documents, or the one, that differ between two revisions, the first by default the one before the second. @throws JamesError REVISION_UNKNOWN */
  async changes(
    from: number | undefined,
    to: number | undefined,
    document: DocumentKey | undefined,
  ): Promise<Changes> {
    const newest = await this.#repository.revisions.newest();
    const last = to ?? newest;
    const first = from ?? Math.max(0, last - 1);
    for (const number of [first, last]) requireRevision(number, newest);
    const range = { after: Math.min(first, last), upTo: Math.max(first, last) };
    const keys = document ? [document] : await this.#repository.documents.touched(range);
    const contentsBefore = await this.#contents(first, range, document);
    const contentsAfter = await this.#contents(last, range, document);
    const changes = keys.flatMap((key) => {
      const before = contentsBefore.get(documentName(key)) ?? null;
      const after = contentsAfter.get(documentName(key)) ?? null;
      return sameContent(before, after) ? [] : [{ ...key, before, after }];
    });
    return { from: first, to: last, changes };
  }

  /** Which revision brought each app: of a spec, or of all that a device should have. @throws JamesError SPEC_UNKNOWN, DEVICE_UNKNOWN */
  async blame(key: DocumentKey): Promise<readonly BlamedApp[]> {
    if (key.kind === "spec") {
      await this.document(key, undefined);
      return this.#blameDocument(key);
    }
    await this.requireTraces(key);
    // Which specs count is not known of a device that has never told its tags.
    const device = await this.#fleet.devices.get(key.id);
    const wanted = device?.target?.wanted;
    const hidden = new Set(device && this.#fleet.targets.current.closedTo(device));
    const blamed: BlamedApp[] = [];
    for (const spec of wanted?.specs ?? []) {
      const names = new Set(wanted?.apps.flatMap((app) => (app.spec === spec ? [app.name] : [])));
      const apps = await this.#blameDocument({ kind: "spec", id: spec }, hidden);
      blamed.push(...apps.filter(({ name }) => names.has(name)));
    }
    return [...blamed, ...(await this.#blameDocument(key, hidden))];
  }

  /**
   * A device is known by its check-ins, and like a spec by what was once said of it.
   * @throws JamesError SPEC_UNKNOWN, DEVICE_UNKNOWN
   */
  async requireTraces(key: DocumentKey): Promise<void> {
    const isDevice = key.kind === "device";
    if (isDevice && this.#fleet.devices.isKnown(key.id)) return;
    if ((await this.#repository.documents.versions(key)).length > 0) return;
    throw isDevice ? unknownDevice(key.id) : unknownDocument(key);
  }

  /** What the documents that were touched in a range, or the one, say at a revision, by name. */
  async #contents(
    revision: number,
    range: RevisionRange,
    document: DocumentKey | undefined,
  ): Promise<ReadonlyMap<string, DocumentContent>> {
    const found = document
      ? [await this.#repository.documents.get(document, revision)]
      : await this.#repository.documents.all(revision, range);
    return new Map(found.flatMap((one) => (one ? [[documentName(one), one.content]] : [])));
  }

  /** @param hidden revisions that are not looked at */
  async #blameDocument(
    { kind, id }: DocumentKey,
    hidden: ReadonlySet<number> = new Set(),
  ): Promise<readonly BlamedApp[]> {
    const all = await this.#repository.documents.versions({ kind, id });
    const versions = all.filter(({ revision }) => !hidden.has(revision));
    const records = await this.#repository.revisions.list({ document: { kind, id }, limit: all.length });
    const byNumber = new Map<number, Revision>(records.map((record) => [record.number, record]));
    return blameApps(versions).flatMap(({ name, tags, revision }) => {
      const record = byNumber.get(revision);
      if (!record) return [];
      const { author, message, time } = record;
      return [{ kind, id, name, tags, revision, author, message, time }];
    });
  }
}
