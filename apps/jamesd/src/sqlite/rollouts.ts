import { BEGUN, type Digest, documentName, isLive, type RolloutState, type Steps, told } from "@jamesd/model";
import { overtaken } from "../repository/feed.ts";
import { FIRST_DOCUMENTS } from "../repository/make-event.ts";
import { rolloutStepped } from "../repository/make-rollout-event.ts";
import type { RevisionRange } from "../repository/revision-store.ts";
import type {
  EndedRollout,
  ListedRollout,
  NewRollout,
  NewStep,
  Rollout,
  RolloutChange,
  RolloutDocument,
  RolloutHead,
  RolloutQuery,
  RolloutStep,
  RolloutStore,
  StepRequest,
} from "../repository/rollout-store.ts";
import type { SqliteDatabase } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import type { SqliteFeed } from "./feed.ts";
import { LATEST } from "./revisions.ts";
import {
  type Opening,
  settingsText,
  toHead,
  toOpening,
  toRolloutDocument,
  toStep,
  toStepRow,
} from "./rollout-rows.ts";
import { integer, type Row } from "./row.ts";

/** Rollouts with their newest steps; one that lost its steps must not be passed over, for then everybody would get what it spreads. */
const HEADS = `
  SELECT r.revision, r.settings, r.seed, r.packet, r.supersedes, r.ended, v.time AS began, v.author, v.message,
    s.step, s.state, s.ended_by, s.time AS stepped, s.author AS step_author, s.message AS step_message
  FROM rollouts r LEFT JOIN revisions v ON v.number = r.revision
  LEFT JOIN rollout_steps s ON s.revision = r.revision
    AND s.step = (SELECT max(step) FROM rollout_steps WHERE revision = r.revision)`;
const PAGE = "r.revision < :before ORDER BY r.revision DESC LIMIT :limit";
/** Those that are live, or those that are over, or all. */
const ASKED = "(:isLive IS NULL OR (r.ended IS NULL) = :isLive)";

/** What a revision spreads. */
interface Spread {
  readonly documents: readonly RolloutDocument[];
  readonly packet: Digest | null;
}

/** What a rollout holds that never changes. */
interface Kept {
  readonly documents: readonly RolloutDocument[];
  /** By the number of the step. */
  readonly openings: Map<number, Opening>;
}

/** The rollouts of a SQLite repository. */
export class SqliteRollouts implements RolloutStore {
  readonly #db: SqliteDatabase;
  readonly #events: SqliteEvents;
  readonly #feed: SqliteFeed;
  /** Of those that count: they are read at every step, and may name the whole fleet. */
  readonly #kept = new Map<number, Kept>();
  readonly #statements;

  constructor(db: SqliteDatabase, { events, feed }: { events: SqliteEvents; feed: SqliteFeed }) {
    this.#db = db;
    this.#events = events;
    this.#feed = feed;
    this.#statements = {
      one: db.prepare(`${HEADS} WHERE r.revision = ?`),
      live: db.prepare(`${HEADS} WHERE r.ended IS NULL AND ${PAGE}`),
      all: db.prepare(`${HEADS} WHERE ${ASKED} AND ${PAGE}`),
      ofDocument: db.prepare(
        `${HEADS} WHERE r.revision IN (SELECT revision FROM rollout_documents WHERE kind = :kind AND id = :id)
           AND ${ASKED} AND ${PAGE}`,
      ),
      documents: db.prepare(
        "SELECT revision, kind, id, stable FROM rollout_documents WHERE revision = ? ORDER BY kind, id LIMIT ?",
      ),
      changed: db.prepare("SELECT count(*) AS number FROM rollout_documents WHERE revision = ?"),
      steps: db.prepare(
        `SELECT revision, step, state, author, message, time, opened, excused FROM rollout_steps
         WHERE revision = ? ORDER BY step`,
      ),
      endedBy: db.prepare(
        "SELECT revision, ended_by FROM rollout_steps WHERE ended_by > ? AND ended_by <= ? ORDER BY revision",
      ),
      named: db.prepare(
        "SELECT step FROM rollout_steps WHERE revision = ? AND ids IS NOT NULL ORDER BY step",
      ),
      opening: db.prepare(
        "SELECT revision, step, opened, ids FROM rollout_steps WHERE revision = ? AND step = ?",
      ),
      begin: db.prepare(
        `INSERT INTO rollouts (revision, settings, seed, packet, supersedes)
         VALUES (:revision, :settings, :seed, :packet, :supersedes)`,
      ),
      spread: db.prepare("INSERT INTO rollout_documents (revision, kind, id, stable) VALUES (?, ?, ?, ?)"),
      add: db.prepare(
        `INSERT INTO rollout_steps
           (revision, step, state, author, address, message, time, ended_by, opened, excused, ids)
         VALUES
           (:revision, :step, :state, :author, :address, :message, :time, :ended_by, :opened, :excused, :ids)`,
      ),
      admitted: db.prepare(
        `SELECT coalesce(sum(wave.value ->> '$.devices'), 0) AS number
         FROM rollout_steps s, json_each(s.opened) wave WHERE s.revision = ?`,
      ),
      end: db.prepare("UPDATE rollouts SET ended = ? WHERE revision = ?"),
    };
  }

  async counting(): Promise<readonly Rollout[]> {
    return this.#db.read(() => {
      const heads = this.#counting();
      for (const revision of this.#kept.keys()) if (!heads.has(revision)) this.#kept.delete(revision);
      return [...heads.values()]
        .sort((a, b) => a.revision - b.revision)
        .map((head) => {
          const kept = this.#kept.get(head.revision) ?? this.#toKeep(head.revision);
          this.#kept.set(head.revision, kept);
          return this.#whole(head, kept);
        });
    });
  }

  async get(revision: number): Promise<Rollout | undefined> {
    return this.#db.read(() => {
      const head = this.#head(revision);
      return head && this.#whole(head, this.#kept.get(revision) ?? this.#toKeep(revision));
    });
  }

  async list(query: RolloutQuery): Promise<readonly ListedRollout[]> {
    return this.#db.read(() => this.#rowsOf(query).map((row) => this.#listed(toHead(row))));
  }

  async heads(query: RolloutQuery): Promise<readonly RolloutHead[]> {
    return this.#db.read(() => this.#rowsOf(query).map(toHead));
  }

  async endedBy({ after, upTo }: RevisionRange): Promise<readonly EndedRollout[]> {
    const rows = this.#db.read(() => this.#statements.endedBy.all(after, upTo));
    return rows.map((row) => ({ revision: integer(row, "revision"), endedBy: integer(row, "ended_by") }));
  }

  async steps(revision: number): Promise<readonly RolloutStep[]> {
    return this.#db.read(() => this.#statements.steps.all(revision)).map(toStep);
  }

  async step(revision: number, after: number, step: NewStep, request: StepRequest): Promise<void> {
    await this.#db.write(() => this.#add(this.#requireAt(revision, after), step, request));
  }

  /** Ends rollouts with a revision, and begins the one that spreads it; to be done within its transaction. @throws JamesError CHANGE_OVERTAKEN, ROLLOUT_STATUS */
  *change(
    revision: number,
    { rollout, ends = [] }: RolloutChange,
    spread: Spread,
    request: StepRequest,
  ): Steps<void> {
    for (const { revision: ending, step, state } of ends)
      this.#add(this.#requireAt(ending, step), { state }, request, revision);
    if (rollout) yield* this.#begin(revision, rollout, spread, request);
  }

  *#begin(revision: number, rollout: NewRollout, spread: Spread, request: StepRequest): Steps<void> {
    const { settings, seed, wave, supersedes } = rollout;
    const taken = supersedes.flatMap((one) => this.#supersede(one, revision, request));
    const { begin, spread: note } = this.#statements;
    begin.run({
      ...{ revision, seed, packet: spread.packet },
      settings: settingsText(settings),
      supersedes: JSON.stringify(supersedes),
    });
    for (const { kind, id, stable } of together(spread.documents, taken)) {
      note.run(revision, kind, id, stable);
      yield;
    }
    const begun = { revision, settings, step: 0, state: undefined };
    this.#add(begun, { state: BEGUN, opens: [wave] }, request);
  }

  /** @returns what it spread */
  #supersede(taken: number, revision: number, request: StepRequest): readonly RolloutDocument[] {
    const head = this.#head(taken);
    if (!head) throw overtaken();
    const state = told(head.state, { kind: "supersede" }, head.settings.waves.length, 0);
    this.#add(head, { state }, request, revision);
    return this.#documents(taken);
  }

  /** The next step of a rollout. @param endedBy the revision that ends it */
  #add(before: Before, step: NewStep, request: StepRequest, endedBy?: number): void {
    const { revision } = before;
    const number = before.step + 1;
    const { add, end } = this.#statements;
    add.run({ revision, step: number, ...toStepRow(step, request, endedBy) });
    if (!isLive(step.state)) end.run(number, revision);
    if (isNews(before.state, step)) this.#events.append(rolloutStepped(before, step, request));
    else this.#feed.append({ kind: "rollout", rollout: revision });
  }

  /** @throws JamesError CHANGE_OVERTAKEN when a step is not the newest of a live rollout */
  #requireAt(revision: number, step: number): RolloutHead {
    const head = this.#head(revision);
    if (!head || head.step !== step || !isLive(head.state)) throw overtaken();
    return head;
  }

  #head(revision: number): RolloutHead | undefined {
    const row = this.#statements.one.get(revision);
    return row && toHead(row);
  }

  // Of many rollouts few are live: they have an index of their own.
  #rowsOf({ document, before = LATEST, isLive: asked, limit }: RolloutQuery): readonly Row[] {
    const { all, ofDocument, live } = this.#statements;
    if (asked === true && !document) return live.all({ before, limit });
    const query = { before, limit, isLive: asked === undefined ? null : Number(asked) };
    return document ? ofDocument.all({ ...query, kind: document.kind, id: document.id }) : all.all(query);
  }

  #counting(): ReadonlyMap<number, RolloutHead> {
    const heads = new Map(
      this.#statements.live
        .all({ before: LATEST, limit: LATEST })
        .map(toHead)
        .map((head) => [head.revision, head]),
    );
    // Grows while it is gone through: what those superseded comes in turn.
    for (const { supersedes } of heads.values())
      for (const revision of supersedes) {
        heads.set(revision, this.#head(revision) ?? toHead({ revision }));
      }
    return heads;
  }

  #listed(head: RolloutHead): ListedRollout {
    return {
      ...head,
      changed: integer(this.#statements.changed.get(head.revision) ?? {}, "number"),
      documents: this.#documents(head.revision, FIRST_DOCUMENTS),
      admitted: integer(this.#statements.admitted.get(head.revision) ?? {}, "number"),
    };
  }

  #whole(head: RolloutHead, kept: Kept): Rollout {
    const openings = this.#statements.named.all(head.revision).map((row) => {
      const step = integer(row, "step");
      const opening = kept.openings.get(step) ?? this.#opening(head.revision, step);
      kept.openings.set(step, opening);
      return opening;
    });
    const excused = new Set(openings.flatMap((opening) => opening.excused));
    return {
      ...head,
      documents: kept.documents,
      waves: openings.flatMap(({ waves }) => waves),
      excused: [...excused].sort(),
    };
  }

  #toKeep(revision: number): Kept {
    return { documents: this.#documents(revision), openings: new Map() };
  }

  #opening(revision: number, step: number): Opening {
    return toOpening(this.#statements.opening.get(revision, step) ?? {});
  }

  #documents(revision: number, most = LATEST): readonly RolloutDocument[] {
    return this.#statements.documents.all(revision, most).map(toRolloutDocument);
  }
}

/** A rollout before a step; one that has yet to begin has no state. */
interface Before extends Pick<RolloutHead, "revision" | "settings" | "step"> {
  readonly state: RolloutState | undefined;
}

/** False of a step that says no more than since when success holds. */
function isNews(before: RolloutState | undefined, { state, opens = [], excuses = [] }: NewStep): boolean {
  if (!before || opens.length > 0 || excuses.length > 0) return true;
  return (["status", "wave", "openedMs", "before", "trouble"] as const).some(
    (name) => before[name] !== state[name],
  );
}

/** What a rollout spreads: what its revision changed, and what those spread whose place it takes, who know what was there before. */
function together(
  changed: readonly RolloutDocument[],
  taken: readonly RolloutDocument[],
): Iterable<RolloutDocument> {
  return new Map([...changed, ...taken].map((document) => [documentName(document), document])).values();
}
