import type { Transaction } from "@jamesd/protocol/device";

/** How much of what a plan needs has come, in bytes of contents. */
export interface Came {
  readonly bytes: number;
  readonly total: number;
}

/** Who looks on while a plan is prepared, and may have it left. */
export interface Onlooker {
  /** Aborted when the plan is not wanted any more: as long as the device is untouched, it is left. */
  readonly replaced: AbortSignal;
  /** Told when it is known what is to come, and how to see how much of it is there. */
  fetching(look: () => Came): void;
  /** Told when the device begins to change: from here on the plan is carried out or undone, whatever is wanted. */
  begun(): void;
  /** Told when the plan is carried out and committed. What it left is cleared away when the promise resolves, which never rejects. */
  committed(report: Transaction): Promise<void>;
}

/** Lets every plan be carried out. */
export const NOBODY: Onlooker = {
  replaced: new AbortController().signal,
  fetching: () => undefined,
  begun: () => undefined,
  committed: async () => undefined,
};
