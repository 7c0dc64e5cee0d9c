import type { DocumentChange, DocumentKey } from "@jamesd/model";
import { type Current, currentOf } from "../fleet/current.ts";
import { type Device, resolvable } from "../fleet/device.ts";
import type { ChangingFleet } from "../fleet/fleet.ts";
import type { OwnVersion } from "../fleet/resolver.ts";
import type { Target } from "../fleet/target.ts";
import type { Views } from "../fleet/views.ts";
import type { Committed } from "../repository/document-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import { judgedAgain } from "../running/judged-again.ts";
import { CHANGE, type Turns } from "../running/turns.ts";
import { AtOnce } from "./at-once.ts";

/** Changes of documents, with what they are judged by. */
export interface Proposal {
  readonly changes: readonly DocumentChange[];
  /** The number that the revision will have, as far as can be told. */
  readonly revision: number;
  /** What each device should have after it. */
  readonly views: Views;
  /** What a device should have of its own after it. */
  readonly own: (device: Pick<Device, "id" | "own">) => OwnVersion | undefined;
}

/** What a device should have after a proposal. */
export function targetAfter({ views, own }: Proposal, device: Omit<Device, "target">): Target | undefined {
  return views.target({ ...resolvable(device), own: own(device) });
}

/** The one way in which documents change: one change at a time, judged by what it would lead to, and then made. */
export class Changes {
  readonly fleet: ChangingFleet;
  readonly repository: Repository;
  readonly atOnce: AtOnce;
  readonly #turns: Turns;

  /** @param turns of all who change what devices should have, or what there is to have: what a change was judged by holds until it is made */
  constructor(fleet: ChangingFleet, repository: Repository, turns: Turns, atOnce = new AtOnce()) {
    this.atOnce = atOnce;
    this.fleet = fleet;
    this.repository = repository;
    this.#turns = turns;
  }

  /** Judges and makes a change in its turn, and again when it was overtaken. `work` commits what it judged at the position that it is handed. */
  take<T>(work: (judgedAt: number) => Promise<T>): Promise<T> {
    return this.#turns.take(CHANGE, () => judgedAgain(this.fleet.follower, work));
  }

  /** Whether somebody may make changes; asked before they are looked at, and again when they are made. @throws JamesError SCOPE_EXCEEDED */
  async permit(changes: readonly DocumentChange[], origin: Origin): Promise<void> {
    if (origin.scope) this.fleet.scopes.documents(origin, changes, await this.current(changes));
  }

  /** What documents say now. */
  current(keys: readonly DocumentKey[]): Promise<Current> {
    return currentOf(keys, this.fleet.targets.documents, this.repository.documents);
  }

  /** What changes would lead to. @param above numbers up to this one will be skipped before */
  async propose(changes: readonly DocumentChange[], above = 0): Promise<Proposal> {
    const revision = Math.max(await this.repository.revisions.next(), above + 1);
    const { targets } = this.fleet;
    const versions = changes.map((change) => ({ ...change, revision }));
    const named = new Map(versions.filter(({ kind }) => kind === "device").map((one) => [one.id, one]));
    return {
      ...{ changes, revision },
      views: targets.current.with(versions),
      own: ({ id, own }) => named.get(id) ?? own,
    };
  }

  /** Makes what was judged. What it was judged by is what devices get, unless its number is another. @throws JamesError CHANGE_OVERTAKEN, SCOPE_EXCEEDED */
  async commit(
    { changes, revision, views }: Proposal,
    request: RevisionRequest,
    judgedAt: number,
  ): Promise<Committed> {
    await this.permit(changes, request);
    const committed = await this.repository.documents.commit(changes, request, judgedAt);
    const isAsJudged = committed.revision === revision;
    await this.fleet.follower.follow({ ...committed, views: isAsJudged ? views : undefined });
    return committed;
  }
}
