import { setImmediate as letOthersRun } from "node:timers/promises";
import type { DocumentChange, JamesError } from "@jamesd/model";
import type { Current } from "../fleet/current.ts";
import type { ChangingFleet } from "../fleet/fleet.ts";
import { population } from "../fleet/population.ts";
import { isOvertaken, isReal, revisionConflict } from "../repository/expected.ts";
import type { Origin } from "../repository/origin.ts";
import type { Rollout, RolloutChange } from "../repository/rollout-store.ts";
import { Slices } from "../running/slices.ts";
import { type Affected, affectedBy } from "./affected.ts";
import type { Changes, Proposal } from "./changes.ts";
import { checkLimit, ending } from "./live-rollouts.ts";
import { planOf } from "./plan-of.ts";
import { refuseImpossible } from "./refuse.ts";
import { refuseReverted } from "./reverted.ts";
import type { RolloutChoice } from "./rollout-choice.ts";
import { type Spread, seedOf, settingsOf, spreadTo } from "./spread.ts";

/** What of changes changes something, how it gets to devices, and which these are. */
export interface JudgedChange {
  readonly proposal: Proposal;
  readonly affected: readonly Affected[];
  /** What the documents say until then. */
  readonly before: Current;
  /** Undefined: everybody gets it at once. */
  readonly spread: Spread | undefined;
  /** What it does to rollouts. */
  readonly rollouts: RolloutChange;
  /** What is allowed, and probably not meant, of the way that it gets to devices. */
  readonly warnings: readonly string[];
}

/** How changes are to get to devices, and which live rollouts that makes an end of. */
interface Way {
  /** Undefined: everybody gets them at once. */
  readonly settings: Spread["rollout"]["settings"] | undefined;
  readonly taken: readonly Rollout[];
}

/** What a document says that is not there. */
const NOTHING = { revision: 0, content: null };

/** Looks at changes as a whole, and refuses what cannot be. */
export class Judge {
  readonly #fleet: ChangingFleet;
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#fleet = changes.fleet;
    this.#changes = changes;
  }

  /** @throws JamesError why the changes cannot be made, or not so */
  async judge(
    changes: readonly DocumentChange[],
    origin: Origin,
    choice: RolloutChoice,
  ): Promise<JudgedChange> {
    const before = await this.#changes.current(changes);
    const real = await this.#realOf(changes, before);
    await this.#changes.permit(real, origin);
    const { settings, taken } = await this.#way(real, before, origin, choice);
    const counting = settings ? { supersedes: taken } : { ends: taken };
    const proposal = await this.#changes.propose(real, counting);
    await letOthersRun();
    const affected = await affectedBy(proposal, this.#fleet);
    await letOthersRun();
    await refuseImpossible(affected, real, this.#fleet.targets.paths);
    const common = { proposal, affected, before };
    if (!settings)
      return {
        ...common,
        spread: undefined,
        rollouts: { ends: taken.map(ending) },
        warnings: taken.map(
          ({ revision }) => `rollout ${revision} ends, and all devices get at once what it spread`,
        ),
      };
    const spread = await this.#spread(proposal, { settings, taken }, origin.time);
    return { ...common, spread, rollouts: { rollout: spread.rollout }, warnings: spread.warnings };
  }

  /** Those that change something. @throws JamesError REVISION_CONFLICT with who made the change that one would undo */
  async #realOf(changes: readonly DocumentChange[], before: Current): Promise<readonly DocumentChange[]> {
    const real: DocumentChange[] = [];
    const slices = new Slices();
    for (const change of changes) {
      if (slices.isOver) await slices.next();
      const { revision, content } = before(change) ?? NOTHING;
      if (isOvertaken(change, revision, content)) throw await this.#conflict(change, revision);
      if (isReal(change, revision, content)) real.push(change);
    }
    return real;
  }

  async #conflict(change: DocumentChange, revision: number): Promise<JamesError> {
    const { kind, id } = change;
    const [last] = await this.#changes.repository.revisions.list({ document: { kind, id }, limit: 1 });
    return revisionConflict(change, revision, last);
  }

  /** @throws JamesError ROLLOUT_INVALID, ROLLOUT_ACTIVE, ROLLOUT_REVERTED, ROLLOUT_LIMIT, SCOPE_EXCEEDED */
  async #way(
    real: readonly DocumentChange[],
    before: Current,
    origin: Origin,
    choice: RolloutChoice,
  ): Promise<Way> {
    const { rollouts } = this.#fleet.targets;
    const plan = planOf(real, before, choice);
    const taken = await this.#changes.taking(real, origin, choice);
    if (!choice.again) await refuseReverted(real, before, this.#changes.repository);
    // Who wants to take the place of a rollout does not want everybody to have it at once because that has just ended.
    const isSpread = plan !== undefined || (choice.supersede === true && real.length > 0);
    if (!isSpread) return { settings: undefined, taken };
    checkLimit(rollouts, taken, origin);
    return { settings: settingsOf(plan, taken), taken };
  }

  async #spread(
    proposal: Proposal,
    { settings, taken }: Way & { readonly settings: Spread["rollout"]["settings"] },
    now: number,
  ): Promise<Spread> {
    const devices = await population(this.#fleet, proposal.revision, now, proposal);
    const seed = seedOf(proposal.revision, taken);
    return spreadTo(devices, { settings, seed, supersedes: taken.map(({ revision }) => revision) });
  }
}
