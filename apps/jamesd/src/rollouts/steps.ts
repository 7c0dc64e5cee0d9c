import {
  type DocumentChange,
  documentName,
  type OpenedWave,
  type RolloutDevice,
  type RolloutState,
  wavesAhead,
} from "@jamesd/model";
import type { Changes } from "../desired/changes.ts";
import { stableOf } from "../desired/live-rollouts.ts";
import type { Rollout, StepRequest } from "../repository/rollout-store.ts";

/** Waves that are about to be opened. */
type Opening = readonly OpenedWave[];

/** What steps are made with. */
export interface StepsParts {
  readonly changes: Changes;
  /** Writes down when devices were last seen. */
  readonly flushSeen: () => Promise<void>;
  /** The devices that a rollout is for, also those that are admitted to it. */
  readonly population: (revision: number) => Promise<readonly RolloutDevice[]>;
}

/** Makes the steps of rollouts, each durable before memory follows; to be called in the turn of changes. */
export class Steps {
  readonly #parts: StepsParts;

  constructor(parts: StepsParts) {
    this.#parts = parts;
  }

  /** It is in this state from now on, with these devices excused beside others; opens the waves that are open then, with the devices that were chosen before where they were. @throws JamesError CHANGE_OVERTAKEN */
  async step(
    rollout: Rollout,
    state: RolloutState,
    request: StepRequest,
    { excuses, opening }: { excuses?: readonly string[] | undefined; opening?: Opening | undefined } = {},
  ): Promise<void> {
    const { repository, fleet } = this.#parts.changes;
    const isOpened = state.wave > rollout.waves.length;
    const opens = isOpened ? (opening ?? (await this.opening(rollout, state.wave))) : undefined;
    await repository.rollouts.step(rollout.revision, rollout.step, { state, opens, excuses }, request);
    await fleet.follower.follow();
  }

  /** Its documents are as they were before it, or its packet is there no more; state says that it is reverted. @throws JamesError CHANGE_OVERTAKEN */
  async revert(rollout: Rollout, state: RolloutState, asked: StepRequest, judgedAt: number): Promise<void> {
    const { changes } = this.#parts;
    const { repository, fleet } = changes;
    const { revision, step, packet } = rollout;
    const ends = [{ revision, step, state }];
    const message = asked.message || `Revert rollout ${revision}`;
    const request = { ...asked, message };
    if (packet !== null) {
      const isThere = await repository.packets.remove(packet, request, judgedAt, { message, ends });
      if (!isThere) return this.step(rollout, state, request);
      return fleet.follower.follow();
    }
    const stable = await this.#stable(rollout);
    if (stable.length === 0) return this.step(rollout, state, request);
    const proposal = await changes.propose(stable, { ends: [rollout] });
    await changes.commit(proposal, request, judgedAt, { ends });
  }

  /** What makes the documents of a rollout as they were before it, but for those that went with their devices since. */
  async #stable({ revision, documents }: Rollout): Promise<readonly DocumentChange[]> {
    const { repository } = this.#parts.changes;
    const since = { after: revision, upTo: await repository.revisions.newest() };
    const gone = new Set((await repository.documents.touched(since)).map(documentName));
    const there = documents.filter((key) => !gone.has(documentName(key)));
    const changes = await stableOf([{ documents: there }], repository.documents);
    // Also what says the same already is said again: it counts from now on for everybody.
    return changes.map((change) => ({ ...change, isRepeated: true }));
  }

  /** Chooses the devices of the waves up to this one that are not open. */
  async opening({ revision, settings, seed, waves }: Rollout, upTo: number): Promise<Opening> {
    const { flushSeen, population: populationOf } = this.#parts;
    await flushSeen();
    const population = await populationOf(revision);
    return wavesAhead({ waves: settings.waves.slice(0, upTo), opened: waves, seed }, population);
  }
}
