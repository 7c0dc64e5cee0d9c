import type {
  App,
  Digest,
  DocumentKey,
  DocumentScope,
  ErrorBody,
  GivenRollout,
  Policy,
  Step,
  Tag,
} from "@jamesd/model";
import type { RevisionRequest } from "../repository/revision-store.ts";
import type { Impact } from "./impact.ts";
import type { RolloutChoice } from "./rollout-choice.ts";
import type { PlannedWave } from "./spread.ts";

/** How the desired state of one device is set. */
export interface DesiredRequest extends RevisionRequest {
  readonly id: string;
  readonly apps: readonly App[];
  readonly policy?: Policy;
  /** The revision that it is meant to follow, when that was said. */
  readonly expected: number | undefined;
  readonly rollout?: RolloutChoice | undefined;
}

/** A document as it was written; nothing in it is checked yet. */
export interface GivenDocument extends DocumentKey {
  /** Of a spec. */
  readonly selector?: readonly Tag[] | undefined;
  /** Of a spec. */
  readonly rollout?: GivenRollout | undefined;
  readonly apps: readonly App[];
  readonly policy: Policy;
  /** The revision that it is meant to follow, when that was said; 0: there is none. */
  readonly revision?: number | undefined;
}

/** Documents that change together. */
export interface ApplyRequest {
  readonly documents: readonly GivenDocument[];
  readonly remove: readonly DocumentKey[];
  /** Every document that is not given is removed. */
  readonly prune: boolean;
  /** With `prune`: only those in one of these; all, when there are none. */
  readonly pruneScopes?: readonly DocumentScope[] | undefined;
  /** Only say what would happen. */
  readonly dryRun: boolean;
  readonly message: string;
  readonly rollout?: RolloutChoice | undefined;
}

/** Everything, or one document, is to be as it was. */
export interface RevertRequest {
  readonly to: number;
  readonly document?: DocumentKey | undefined;
  readonly dryRun: boolean;
  readonly message?: string | undefined;
  readonly rollout?: RolloutChoice | undefined;
}

/** A document that changed. */
export interface ChangedDocument extends DocumentKey {
  readonly action: "created" | "changed" | "removed";
}

/** What became of documents that change together. */
export interface Applied {
  /** The newest of the fleet. */
  readonly revision: number;
  readonly documents: readonly ChangedDocument[];
  /** How many said the same before. */
  readonly unchanged: number;
  readonly impact: Impact;
  /** Of a change that spreads in waves. */
  readonly waves?: readonly PlannedWave[] | undefined;
}

/** What became of the desired state of one device. */
export interface DesiredChange {
  /** Of the device: the newest that changed what it should have. */
  readonly revision: number;
  /** False when it was the same already. */
  readonly changed: boolean;
  /** Of a device that has not checked in yet: that of nothing. */
  readonly target: Digest;
  /** What the device will do, from what it last reported. */
  readonly steps: readonly Step[];
  /** Why it can do nothing, from what was so before. */
  readonly problem: ErrorBody | null;
  /** What is allowed, and probably not meant. */
  readonly warnings: readonly string[];
}
