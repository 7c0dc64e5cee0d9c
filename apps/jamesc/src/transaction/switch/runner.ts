import { syncPath } from "@jamesd/disk";
import { JamesError } from "@jamesd/model";
import { monotonic, type ScriptRun } from "@jamesd/protocol/device";
import { deviceError, naming } from "../disk/device-error.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { TransactionEvent } from "../event.ts";
import type { Remote } from "../fetch/remote.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalRecord } from "../journal/journal-record.ts";
import type { Operation } from "../journal/operation.ts";
import type { Failure } from "../journal/report.ts";
import { notAsBefore, withDifferences } from "../plan/as-before.ts";
import type { OpenAreas } from "./area.ts";
import { type Proofs, proveConnectivity } from "./confirm.ts";
import { execute } from "./execute.ts";
import type { PacketScripts } from "./packet-scripts.ts";
import { APPLY } from "./switch.ts";
import { syncDirectories } from "./sync-directories.ts";
import { UNDO } from "./undo.ts";
import { checkWhere, type Noted } from "./where.ts";

export interface RunnerOptions {
  readonly journal: Journal;
  readonly root: RootFs;
  readonly stateDir: string;
  readonly scripts: PacketScripts;
  readonly log: (event: TransactionEvent) => void;
}

/** What must be proved before the commit, and what it takes to prove it. */
export interface Confirmation {
  readonly proofs: Proofs;
  readonly remote: Remote;
  readonly signal: AbortSignal;
  /** When the agent's own program was replaced: sees that the new one works. @throws JamesError */
  readonly testProgram?: (() => Promise<void>) | undefined;
}

/** Carries operations out, and back. */
export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /**
   * The switch: does every operation in order and makes all of it durable; then the proofs; then it calls `commit`. When
   * any of that fails, everything is undone.
   * @returns why it failed, or undefined
   * @throws JamesError ROLLBACK_FAILED when undoing failed: the journal tells recovery how to go on
   */
  async run(
    operations: readonly Operation[],
    areas: OpenAreas,
    noted: Noted,
    confirmation: Confirmation,
    commit: () => void,
  ): Promise<Failure | undefined> {
    const started = new Set<number>();
    let reached = 0;
    const begun = monotonic();
    let current: Operation | undefined;
    try {
      for (const [index, operation] of operations.entries()) {
        current = operation;
        reached = index + 1;
        if (operation.kind === "script") {
          this.#append({ record: "script", operation: index });
          started.add(index);
          await this.#options.scripts.runOrThrow(operation);
        } else execute(APPLY, operation, this.#options.root, areas);
      }
      current = undefined;
      // First where the old files are now, so that none is ever in neither place.
      this.#syncAreas(areas);
      await syncDirectories(operations, this.#options.root);
      this.#options.log({ event: "switched", durationMs: Math.round(monotonic() - begun) });
      for (const healthcheck of confirmation.proofs.healthchecks) {
        current = healthcheck;
        await this.#options.scripts.proveHealth(healthcheck, confirmation.signal);
      }
      current = undefined;
      await this.#proveConnectivity(confirmation);
      await confirmation.testProgram?.();
      commit();
      return undefined;
    } catch (cause) {
      const failure = failureAt(current, cause);
      this.#options.log({ event: "roll back", error: failure.error.message });
      try {
        this.#append({ record: "rollback" });
        // What a script did to files that stay is undone, whether it had come to them or not.
        const undone = operations.filter(({ kind }, index) => index < reached || kind === "keep");
        await this.#undoAll(undone, noted, started, new Set(), areas);
      } catch (undoing) {
        this.#options.journal.tryToNote({ record: "stuck" });
        throw rollbackFailed(failure.error.message, undoing);
      }
      return {
        ...failure,
        error: withDifferences(failure.error, notAsBefore(operations, this.#options.root)),
      };
    }
  }

  /**
   * Undoes what a crash left half done, as the journal tells; without scripts when they are what it fails by.
   * @returns the paths of what did not stay as before
   */
  async rollBack(
    records: readonly JournalRecord[],
    areas: OpenAreas,
    { withScripts, noted }: { readonly withScripts: boolean; readonly noted: Noted | undefined },
  ): Promise<readonly string[]> {
    const operations = records.flatMap((record) => (record.record === "begin" ? record.operations : []));
    const numbers = (kind: "script" | "undone"): ReadonlySet<number> =>
      new Set(records.flatMap((record) => (record.record === kind ? [record.operation] : [])));
    const started = withScripts ? numbers("script") : new Set<number>();
    await this.#undoAll(operations, noted, started, numbers("undone"), areas);
    return notAsBefore(operations, this.#options.root);
  }

  /** What the scripts did so far, in order. */
  get scripts(): readonly ScriptRun[] {
    return this.#options.scripts.runs;
  }

  async #undoAll(
    operations: readonly Operation[],
    noted: Noted | undefined,
    started: ReadonlySet<number>,
    undone: ReadonlySet<number>,
    areas: OpenAreas,
  ): Promise<void> {
    checkWhere(operations, noted, areas, this.#options.root, this.#options.stateDir);
    for (const [index, operation] of [...operations.entries()].toReversed()) {
      if (operation.kind !== "script") execute(UNDO, operation, this.#options.root, areas);
      else if (started.has(index) && !undone.has(index)) {
        await this.#options.scripts.runCounterpart(operation);
        this.#options.journal.note({ record: "undone", operation: index });
      }
    }
    await syncDirectories(operations, this.#options.root);
  }

  async #proveConnectivity({ proofs, remote, signal }: Confirmation): Promise<void> {
    if (proofs.connectivity === undefined) return;
    this.#options.log({ event: "confirm", connectivity: proofs.connectivity });
    await proveConnectivity(remote, proofs.connectivity, signal);
  }

  #syncAreas(areas: OpenAreas): void {
    for (let area = 0; area < areas.count; area++)
      naming("write to the disk", areas.name(area), () => syncPath(areas.folder(area)));
  }

  #append(record: JournalRecord): void {
    this.#options.journal.append(record);
  }
}

function failureAt(operation: Operation | undefined, cause: unknown): Failure {
  const error = deviceError(cause);
  return operation?.kind === "script" ? { error, step: operation } : { error };
}

const GOES_ON = "jamesc goes on undoing it at its next start or check-in, as soon as the device lets it.";

/** Undoing `what` failed: the device is in between, and the journal knows how to go on. */
export function rollbackFailed(what: string, cause: unknown): JamesError {
  if (cause instanceof JamesError && cause.code === "RECOVERY_STOPPED") return cause;
  const { message, hint } = deviceError(cause);
  return new JamesError("ROLLBACK_FAILED", `${what}; and undoing it failed: ${message}`, {
    hint: [hint, GOES_ON].filter(Boolean).join(" "),
    cause,
  });
}
