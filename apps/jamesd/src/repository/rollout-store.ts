import type { Digest, DocumentKey, OpenedWave, RolloutSettings, RolloutState, Wave } from "@jamesd/model";
import type { Origin } from "./origin.ts";
import type { RevisionRange } from "./revision-store.ts";

/** A rollout as it begins, in one transaction with the revision that it spreads. */
export interface NewRollout {
  readonly settings: RolloutSettings;
  /** By which devices have their ranks: the number that the revision is expected to have, or that of the rollout whose place it takes. */
  readonly seed: number;
  /** The first wave, which is open as soon as it begins. */
  readonly wave: OpenedWave;
  /** Live rollouts that it takes the place of: they become `superseded` in the same transaction, and what they spread is its own as well. */
  readonly supersedes: readonly number[];
}

/** A document that a rollout spreads. */
export interface RolloutDocument extends DocumentKey {
  /** The revision of what the document said before; 0: there was none. Of one that a superseded rollout spread: before that. */
  readonly stable: number;
}

/** What a rollout is, after its newest step. */
export interface RolloutHead {
  /** The revision that it spreads. */
  readonly revision: number;
  readonly settings: RolloutSettings;
  readonly seed: number;
  /** Milliseconds since the epoch: times of `state` count from here, in time that the server ran. */
  readonly began: number;
  readonly author: string;
  readonly message: string;
  /** Of one that spreads a packet, which only who is admitted finds. */
  readonly packet: Digest | null;
  /** Those whose place it took. */
  readonly supersedes: readonly number[];
  /** The revision that was made when it ended: the one that reverted it or took its place; null: none was. */
  readonly endedBy: number | null;
  /** Number of the newest step; 1 is the beginning. */
  readonly step: number;
  /** When that was, in milliseconds since the epoch, by whom and why. */
  readonly stepped: number;
  readonly stepAuthor: string;
  readonly stepMessage: string;
  readonly state: RolloutState;
}

/** A rollout with all that it holds. */
export interface Rollout extends RolloutHead {
  readonly documents: readonly RolloutDocument[];
  /** The waves that are open, in the order in which they were opened. The same object as long as it is of the same rollout and place. */
  readonly waves: readonly OpenedWave[];
  /** Devices that an operator excused: their failures do not count. Sorted. */
  readonly excused: readonly string[];
}

/** A wave that was opened, and for how many devices. */
export interface WaveSize {
  readonly wave: Wave;
  readonly devices: number;
}

/** A rollout as a list has it. */
export interface ListedRollout extends RolloutHead {
  /** How many documents it spreads, and the first of them. */
  readonly changed: number;
  readonly documents: readonly RolloutDocument[];
  /** For how many devices its waves were opened. */
  readonly admitted: number;
}

/** Which rollouts to read, newest first. */
export interface RolloutQuery {
  /** Only those that spread this document. */
  readonly document?: DocumentKey | undefined;
  /** Only those with a smaller number. */
  readonly before?: number | undefined;
  /** Only live ones, or only those that are over. */
  readonly isLive?: boolean | undefined;
  /** At the most so many. */
  readonly limit: number;
}

/** What a step adds. */
export interface NewStep {
  readonly state: RolloutState;
  /** Waves that it opens. */
  readonly opens?: readonly OpenedWave[] | undefined;
  /** Devices that it excuses, beside those excused before. */
  readonly excuses?: readonly string[] | undefined;
}

/** Ends a rollout with a revision, in the revision's transaction. */
export interface RolloutEnding {
  readonly revision: number;
  /** The step that this was judged by. */
  readonly step: number;
  readonly state: RolloutState;
}

/** What a revision does to rollouts. */
export interface RolloutChange {
  /** Spreads the revision. */
  readonly rollout?: NewRollout | undefined;
  readonly ends?: readonly RolloutEnding[] | undefined;
}

/** A rollout that a revision took back, or whose place it took. */
export interface EndedRollout {
  readonly revision: number;
  readonly endedBy: number;
}

/** A step as the log of a rollout has it. */
export interface RolloutStep {
  readonly step: number;
  readonly state: RolloutState;
  readonly opened: readonly WaveSize[];
  /** How many devices it excused. */
  readonly excused: number;
  readonly author: string;
  readonly message: string;
  readonly time: number;
}

/** Who makes a step, and why. */
export interface StepRequest extends Origin {
  readonly message: string;
}

/** The rollouts; their steps are only ever added. */
export interface RolloutStore {
  /** Those that say what devices should have: the live ones, those that one of these took the place of, and so on; by number. */
  counting(): Promise<readonly Rollout[]>;
  get(revision: number): Promise<Rollout | undefined>;
  list(query: RolloutQuery): Promise<readonly ListedRollout[]>;
  /** The same ones, without what they spread. */
  heads(query: RolloutQuery): Promise<readonly RolloutHead[]>;
  /** Those that revisions after one, up to another, ended, by their numbers. */
  endedBy(range: RevisionRange): Promise<readonly EndedRollout[]>;
  /** The steps of one, oldest first; none: there is no such rollout. */
  steps(revision: number): Promise<readonly RolloutStep[]>;
  /**
   * Adds a step after `after`, with its change in the feed, and an event unless nothing but `steadyMs` is another.
   * @throws CHANGE_OVERTAKEN when that is not its newest, or it is over
   */
  step(revision: number, after: number, step: NewStep, request: StepRequest): Promise<void>;
}
