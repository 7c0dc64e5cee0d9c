import { type DocumentChange, type DocumentKey, type DocumentVersion, documentName } from "@jamesd/model";
import { type Current, currentOf } from "../fleet/current.ts";
import { type Device, resolvable } from "../fleet/device.ts";
import type { ChangingFleet } from "../fleet/fleet.ts";
import type { Layer } from "../fleet/layer.ts";
import { newLayer } from "../fleet/read-layers.ts";
import type { OwnVersion } from "../fleet/resolver.ts";
import type { Target } from "../fleet/target.ts";
import type { Targets } from "../fleet/targets.ts";
import type { Views } from "../fleet/views.ts";
import type { Committed } from "../repository/document-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import type { Rollout, RolloutChange } from "../repository/rollout-store.ts";
import { judgedAgain } from "../running/judged-again.ts";
import { CHANGE, type Turns } from "../running/turns.ts";
import { AtOnce } from "./at-once.ts";
import { FourEyes } from "./four-eyes.ts";
import { countingBut, liveWith, olderOf, rolloutActive, stableOf } from "./live-rollouts.ts";
import type { RolloutChoice } from "./rollout-choice.ts";

/** How the revision of changes is to count. */
export interface Counting {
  /** Numbers up to this one will be skipped before. */
  readonly above?: number | undefined;
  /** Only who is admitted is to get it, in the place of these rollouts, of which there need be none. */
  readonly supersedes?: readonly Rollout[] | undefined;
  /** Rollouts that end with it: all get what they spread. */
  readonly ends?: readonly Rollout[] | undefined;
}

/** Changes of documents, with what they are judged by. */
export interface Proposal {
  readonly changes: readonly DocumentChange[];
  /** The number that the revision will have, as far as can be told. */
  readonly revision: number;
  /** What each device should have after it; where it spreads, as long as nobody is admitted. */
  readonly views: Views;
  /** It spreads, so that devices get it when they are admitted. */
  readonly spreads: boolean;
  /** Rollouts that end or make place: it is about all of their devices as well. */
  readonly taken: readonly number[];
  /** What a device should have of its own after it. */
  readonly own: (device: Pick<Device, "id" | "own">) => OwnVersion | undefined;
}

/** What a device should have after a proposal, and when it is admitted to what spreads. */
export function targetAfter(
  { views, own, spreads, revision }: Proposal,
  device: Omit<Device, "target">,
): Target | undefined {
  const asked = { ...resolvable(device), own: own(device) };
  return spreads ? views.beside(asked, revision).next : views.target(asked);
}

/** All that devices may have to have while rollouts go on; nothing where no rollout counts but the one that is judged. */
export interface Mixtures {
  readonly before: readonly (Target | undefined)[];
  readonly after: readonly (Target | undefined)[];
}

const NO_MIXTURES: Mixtures = { before: [], after: [] };

/** All that a device may have to have before and after a proposal. */
export function mixturesOf(
  device: Omit<Device, "target">,
  { views, own, spreads }: Pick<Proposal, "views" | "own" | "spreads">,
  { current }: Pick<Targets, "current">,
): Mixtures {
  // Of one rollout alone they are what is before and after it.
  if (views.layers.length <= (spreads ? 1 : 0)) return NO_MIXTURES;
  const asked = resolvable(device);
  return { before: current.mixtures(asked), after: views.mixtures({ ...asked, own: own(device) }) };
}

/** What changes go by besides what they lead to. */
export interface ChangeRules {
  readonly atOnce?: AtOnce;
  readonly fourEyes?: FourEyes;
}

/** The one way in which documents change: one change at a time, judged by what it would lead to, and then made. */
export class Changes {
  readonly fleet: ChangingFleet;
  readonly repository: Repository;
  readonly atOnce: AtOnce;
  readonly fourEyes: FourEyes;
  readonly #turns: Turns;

  /** @param turns of all who change what devices should have, or what there is to have: what a change was judged by holds until it is made */
  constructor(
    fleet: ChangingFleet,
    repository: Repository,
    turns: Turns,
    { atOnce = new AtOnce(), fourEyes = new FourEyes() }: ChangeRules = {},
  ) {
    this.atOnce = atOnce;
    this.fourEyes = fourEyes;
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

  /** The live rollouts of the same documents, whose place changes take or whose end they are, where that is said. @throws JamesError ROLLOUT_ACTIVE, FOUR_EYES, SCOPE_EXCEEDED */
  async taking(
    changes: readonly DocumentChange[],
    origin: Origin,
    { now, supersede }: Pick<RolloutChoice, "now" | "supersede">,
  ): Promise<readonly Rollout[]> {
    const found = liveWith(this.fleet.targets.rollouts, changes);
    const [first] = found;
    if (first && !now && !supersede) throw rolloutActive(first.rollout, first.document);
    const taken = found.map(({ rollout }) => rollout);
    // What it spreads goes to everybody then, as if it were promoted.
    if (now)
      for (const rollout of taken) this.fourEyes.require(origin, rollout, "give everybody what it spreads");
    // All that they spread changes with it.
    await this.permitSpread(taken, origin);
    return taken;
  }

  /** Whether somebody may change what rollouts spread, and what those did whose place they took: devices may have that still. @throws JamesError SCOPE_EXCEEDED */
  async permitSpread(rollouts: readonly Rollout[], origin: Origin): Promise<void> {
    if (!origin.scope) return;
    const { documents } = this.repository;
    await this.permit(await stableOf(rollouts, documents), origin);
    for (const older of olderOf(rollouts, this.fleet.targets.rollouts)) {
      const { revision } = older;
      const said = await documents.madeIn({ after: revision - 1, upTo: revision });
      const before = new Map(said.map((version) => [documentName(version), version.content]));
      this.fleet.scopes.documents(origin, await stableOf([older], documents), (key) => {
        const content = before.get(documentName(key));
        return content ? { revision, content } : undefined;
      });
    }
  }

  /** What changes would lead to. */
  async propose(
    changes: readonly DocumentChange[],
    { above = 0, supersedes, ends = [] }: Counting = {},
  ): Promise<Proposal> {
    const revision = Math.max(await this.repository.revisions.next(), above + 1);
    const { current, rollouts } = this.fleet.targets;
    const versions = changes.map((change) => ({ ...change, revision }));
    const named = new Map(versions.filter(({ kind }) => kind === "device").map((one) => [one.id, one]));
    const taken = [...ends, ...(supersedes ?? [])].map((one) => one.revision);
    const counting = countingBut(rollouts, new Set(ends.map((one) => one.revision)));
    const layers = current.layers.filter((layer) => counting.has(layer.revision));
    const layer = supersedes && (await this.#layer(revision, supersedes, versions));
    return {
      ...{ changes, revision, spreads: layer !== undefined, taken },
      views: layer ? current.under([...layers, layer]) : current.under(layers, versions),
      own: ({ id, own }) => named.get(id) ?? own,
    };
  }

  #layer(revision: number, taken: readonly Rollout[], versions: readonly DocumentVersion[]): Promise<Layer> {
    const supersedes = taken.map((rollout) => rollout.revision);
    const rollout = { revision, supersedes, packet: undefined };
    return newLayer(rollout, versions, this.repository.documents);
  }

  /** Makes what was judged. What it was judged by is what devices get, unless its number is another. @throws JamesError CHANGE_OVERTAKEN, SCOPE_EXCEEDED */
  async commit(
    { changes, revision, views }: Proposal,
    request: RevisionRequest,
    judgedAt: number,
    rollouts?: RolloutChange,
  ): Promise<Committed> {
    await this.permit(changes, request);
    const committed = await this.repository.documents.commit(changes, request, judgedAt, rollouts);
    const isAsJudged = committed.revision === revision;
    await this.fleet.follower.follow({ ...committed, views: isAsJudged ? views : undefined });
    return committed;
  }
}
