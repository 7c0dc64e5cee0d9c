import type { Transaction } from "@jamesd/protocol/device";
import { readAgentFile } from "../disk/agent-file.ts";
import type { Area } from "../disk/area.ts";
import { errnoOf, named } from "../disk/device-error.ts";
import {
  type Begun,
  type Committed,
  type Failures,
  NEW_DEVICE,
  parseState,
  type SavedState,
  type StateBefore,
  writeState,
} from "./device-state.ts";

/** state.json, held in memory as well: every change is durable before it counts. */
export class StateFile {
  readonly #path: string;
  #saved: SavedState;
  #isThere: boolean;

  private constructor(path: string, saved: SavedState, isThere: boolean) {
    this.#path = path;
    this.#saved = saved;
    this.#isThere = isThere;
  }

  /**
   * Opens what is there; undefined when there is none. What cannot be read is not written over.
   * @throws JamesError STORE_CORRUPT, DEVICE_IO
   */
  static open(path: string): StateFile | undefined {
    const text = readIfThere(path);
    return text === undefined ? undefined : new StateFile(path, parseState(path, text), true);
  }

  /** What a device had before a transaction that is under way, or that of a new one: not on the disk until it is saved. */
  static restored(path: string, before: Partial<SavedState>): StateFile {
    return new StateFile(path, { ...NEW_DEVICE, ...before }, false);
  }

  get saved(): SavedState {
    return this.#saved;
  }

  get before(): StateBefore {
    const { apps, directories, conffiles, mounts, ownerless, revision, seal, failures } = this.#saved;
    return { apps, directories, conffiles, mounts, ownerless, revision, seal, failures };
  }

  /**
   * Has it be on the disk, before the first transaction keeps anything: whatever is found without it afterwards, it was lost.
   * @throws JamesError STORAGE_FULL, DEVICE_IO
   */
  establish(): void {
    if (!this.#isThere) this.save();
  }

  /** Writes what is held in memory once more. */
  save(): void {
    this.#save(this.#saved);
  }

  /** The same, as far as the disk lets it. */
  tryToSave(): void {
    try {
      this.save();
    } catch {
      // What cannot be written is what the caller already has an error of.
    }
  }

  /** Takes over what the install root is like; it is written with what is written next. */
  settle(ground: Partial<Pick<SavedState, "root" | "mounts">>): void {
    this.#saved = { ...this.#saved, ...ground };
  }

  /** Notes the areas that are still to be deleted. */
  noteLeftover(leftover: readonly Area[]): void {
    if (JSON.stringify(leftover) !== JSON.stringify(this.#saved.leftover))
      this.#save({ ...this.#saved, leftover });
  }

  /** From here on the device changes, or changes back; a commit that may have been written does not count. */
  begin(begun: Begun, before: Partial<StateBefore> = {}): void {
    this.#save({ ...this.#saved, ...before, begun });
  }

  /** The commit point. Everything that it speaks of is durable already. */
  commit(report: Transaction, committed: Committed): void {
    const { id, outcome, revision } = report;
    const ended = { id, outcome };
    this.#save({ ...this.#saved, ...committed, report, ended, begun: null, revision, failures: null });
  }

  /** Notes that a transaction failed and the device is as before. */
  giveUp(report: Transaction, before?: StateBefore): void {
    this.#save({ ...this.#failed(report), ...before, failures: failuresOf(report) });
  }

  /** The same of one that changed nothing, on a disk that takes nothing: it is forgotten with the process. */
  remember(report: Transaction): void {
    this.#saved = this.#failed(report);
  }

  /** Goes on without the journal of that transaction: nothing is undone. */
  abandon(id: string): void {
    this.#save({ ...this.#saved, ended: { id, outcome: "rolled-back" }, begun: null });
  }

  /** The server knows of that transaction now. Where that cannot be written, it is told once more after a restart. */
  acknowledge(id: string): void {
    if (this.#saved.report?.id !== id) return;
    this.#saved = { ...this.#saved, report: null };
    this.tryToSave();
  }

  /** How often in a row carrying out this target has failed. */
  attemptsOf(target: string): number {
    return this.#saved.failures?.target === target ? this.#saved.failures.count : 0;
  }

  #failed(report: Transaction): SavedState {
    const { id, outcome } = report;
    return { ...this.#saved, report, ended: { id, outcome }, begun: null, failures: failuresOf(report) };
  }

  #save(state: SavedState): void {
    writeState(this.#path, state);
    this.#saved = state;
    this.#isThere = true;
  }
}

function failuresOf({ id, target, revision, attempt, started, durationMs }: Transaction): Failures {
  return { target, count: attempt, last: { id, revision, at: started + durationMs } };
}

function readIfThere(path: string): string | undefined {
  try {
    return readAgentFile(path).toString();
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return undefined;
    throw named("read", path, cause);
  }
}
