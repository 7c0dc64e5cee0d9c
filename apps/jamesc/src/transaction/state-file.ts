import type { Transaction } from "@jamesd/protocol";
import { readState, type SavedState, writeState } from "./device-state.ts";

/** What a commit changes of the saved state. */
export type Committed = Pick<SavedState, "apps" | "directories" | "conffiles">;

/** What a journal keeps of the saved state, for the case that a commit is undone. */
export type StateBefore = Committed & Pick<SavedState, "revision" | "failures">;

/** state.json, held in memory as well: every change is durable before it counts. */
export class StateFile {
  readonly #path: string;
  #saved: SavedState;

  constructor(path: string) {
    this.#path = path;
    this.#saved = readState(path);
  }

  get saved(): SavedState {
    return this.#saved;
  }

  get before(): StateBefore {
    const { apps, directories, conffiles, revision, failures } = this.#saved;
    return { apps, directories, conffiles, revision, failures };
  }

  /** The commit point. Everything that it speaks of is durable already. */
  commit(report: Transaction, committed: Committed): void {
    const { id, outcome, revision } = report;
    this.#save({ ...this.#saved, ...committed, report, ended: { id, outcome }, revision, failures: null });
  }

  /** Notes that a transaction failed and the device is as before. */
  giveUp(report: Transaction, before?: StateBefore): void {
    const { id, outcome, target, attempt } = report;
    this.#save({
      ...this.#saved,
      ...before,
      report,
      ended: { id, outcome },
      failures: { target, count: attempt },
    });
  }

  /** The server knows of that transaction now. */
  acknowledge(id: string): void {
    if (this.#saved.report?.id === id) this.#save({ ...this.#saved, report: null });
  }

  /** How often in a row carrying out this target has failed. */
  attemptsOf(target: string): number {
    return this.#saved.failures?.target === target ? this.#saved.failures.count : 0;
  }

  #save(state: SavedState): void {
    writeState(this.#path, state);
    this.#saved = state;
  }
}
