import type { DocumentChange } from "@jamesd/model";
import type { ChangingFleet } from "../fleet/fleet.ts";
import type { Resolver } from "../fleet/resolver.ts";
import type { Committed } from "../repository/document-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import { judgedAgain } from "../running/judged-again.ts";
import { CHANGE, type Turns } from "../running/turns.ts";

/** Changes of documents, with what they are judged by. */
export interface Proposal {
  readonly changes: readonly DocumentChange[];
  /** The number that the revision will have, as far as can be told. */
  readonly revision: number;
  /** What resolves by the documents after it. */
  readonly resolver: Resolver;
}

/** The one way in which documents change: one change at a time, judged by what it would lead to, and then made. */
export class Changes {
  readonly fleet: ChangingFleet;
  readonly repository: Repository;
  readonly #turns: Turns;

  /** @param turns of all who change what devices should have, or what there is to have: what a change was judged by holds until it is made */
  constructor(fleet: ChangingFleet, repository: Repository, turns: Turns) {
    this.fleet = fleet;
    this.repository = repository;
    this.#turns = turns;
  }

  /** Judges and makes a change in its turn, and again when it was overtaken. `work` commits what it judged at the position that it is handed. */
  take<T>(work: (judgedAt: number) => Promise<T>): Promise<T> {
    return this.#turns.take(CHANGE, () => judgedAgain(this.fleet.follower, work));
  }

  /** Whether somebody may make changes; asked before they are looked at, and again when they are made. @throws JamesError SCOPE_EXCEEDED */
  permit(changes: readonly DocumentChange[], origin: Origin): void {
    this.fleet.scopes.documents(origin, changes);
  }

  /** What changes would lead to. @param above numbers up to this one will be skipped before */
  async propose(changes: readonly DocumentChange[], above = 0): Promise<Proposal> {
    const revision = Math.max(await this.repository.revisions.next(), above + 1);
    const { targets } = this.fleet;
    const after = targets.documents.with(changes.map((change) => ({ ...change, revision })));
    return { changes, revision, resolver: targets.by(after) };
  }

  /** Makes what was judged. What it was judged by is what devices get, unless its number is another. @throws JamesError CHANGE_OVERTAKEN, SCOPE_EXCEEDED */
  async commit(
    { changes, revision, resolver }: Proposal,
    request: RevisionRequest,
    judgedAt: number,
  ): Promise<Committed> {
    this.permit(changes, request);
    const committed = await this.repository.documents.commit(changes, request, judgedAt);
    const isAsJudged = committed.revision === revision;
    await this.fleet.follower.follow({ ...committed, resolver: isAsJudged ? resolver : undefined });
    return committed;
  }
}
