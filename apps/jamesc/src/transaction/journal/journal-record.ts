import type { Digest } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import type { Area } from "../disk/area.ts";
import type { Mount } from "../disk/mounts.ts";
import type { ScriptProcess } from "../scripts/script-process.ts";
import type { Begun, Committed, StateBefore } from "./device-state.ts";
import type { InstallRoot } from "./install-root.ts";
import type { Operation } from "./operation.ts";

/** The newest form of a journal; those without a number, of the first jamesc, are 1. */
export const JOURNAL_FORMAT = 4;

/** The least form of a journal with these operations, so that an agent of before can undo what it knows. */
export function journalFormat(operations: readonly Operation[]): number {
  const has = (wanted: Operation["kind"]): boolean => operations.some(({ kind }) => kind === wanted);
  return has("keep") ? 4 : has("owner") ? 3 : 2;
}

/** Staging goes on in these areas; until `begin` they can be thrown away. */
export interface StageRecord {
  readonly record: "stage";
  /** Missing: 1. */
  readonly format?: number;
  readonly id: string;
  readonly target: Digest;
  readonly revision: number;
  readonly started: number;
  /** It is to put drift right. */
  readonly repair?: true | undefined;
  /** The wish that an app be installed again. */
  readonly reinstall?: string | undefined;
  readonly areas: readonly Area[];
}

/** Everything is staged and durable: from here on the running system changes, by these operations in this order. */
export interface BeginRecord {
  readonly record: "begin";
  /** What state.json said then: what it says again when this is undone after a commit in doubt. */
  readonly before: StateBefore;
  readonly operations: readonly Operation[];
  /** Where the device changes; the first jamesc did not note it. */
  readonly root?: InstallRoot;
  /** What else than the install root's file system operations are done on. */
  readonly mounts?: readonly Mount[];
}

/**
 * The operation of a second `begin`, which stands in a journal before anything is copied between file systems. Agents that
 * know of such copies do nothing for it, for nothing has that path. The first jamesc does not: it has no `mode`, and stops
 * here before it undoes anything, where it would pass over what was copied and then delete the notes of it.
 */
export const ACROSS_BARRIER: Operation = { kind: "mode", path: ".jamesc-across", from: 0o700, to: 0o700 };

/** What a journal says, record by record. */
export type JournalRecord =
  | StageRecord
  | BeginRecord
  /** The script of this operation is about to run. */
  | { readonly record: "script"; readonly operation: number }
  /** The script, counterpart or healthcheck that runs now is this process; or it has ended by itself. */
  | ({ readonly record: "process"; readonly ended?: true } & ScriptProcess)
  /** The agent itself was replaced: the new one commits this when it has proved itself (own/trial.ts). */
  | {
      readonly record: "trial";
      readonly report: Transaction;
      readonly committed: Committed;
      /** Without a server: that it comes up proves it. */
      readonly offline?: true | undefined;
    }
  /** It is undone from here on, whatever state.json says; one for each try. */
  | { readonly record: "rollback" }
  /** Undoing did not work, and the process lived to say so: that try does not count as a crash. */
  | { readonly record: "stuck" }
  /** An operator asked for more tries. */
  | { readonly record: "retry" }
  /** The counterpart of this operation's script has run. */
  | { readonly record: "undone"; readonly operation: number }
  /** It ended so, as state.json says, and what could lead to the other outcome is being deleted. */
  | { readonly record: "clear"; readonly outcome: "committed" | "rolled-back" };

/** What state.json holds of a transaction while it changes the device. */
export function begunOf({ id, target, revision, started, areas }: StageRecord): Begun {
  return { id, target, revision, started, areas };
}
