import { syncPath } from "@jamesd/disk";
import { type Digest, JamesError, type Packet, type Tag } from "@jamesd/model";
import type { ScriptRun } from "@jamesd/protocol";
import { deviceError, named, naming } from "../disk/device-error.ts";
import { type Layout, scriptFile } from "../disk/layout.ts";
import { isMissing, type RootFs } from "../disk/root-fs.ts";
import { parentOf, pathIn } from "../disk/tree-path.ts";
import type { TransactionEvent } from "../event.ts";
import type { Remote } from "../fetch/remote.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalRecord } from "../journal/journal-record.ts";
import type { Operation, ScriptOperation } from "../journal/operation.ts";
import type { Failure } from "../journal/report.ts";
import { notAsBefore, withDifferences } from "../plan/as-before.ts";
import { runScript, type ScriptContext, type ScriptResult } from "../scripts/script.ts";
import { identify } from "../scripts/script-process.ts";
import type { OpenAreas } from "./area.ts";
import { type Proofs, proveConnectivity, tryUntil } from "./confirm.ts";
import { execute } from "./execute.ts";
import { lastWords, scriptError } from "./script-error.ts";
import { APPLY } from "./switch.ts";
import { COUNTERPARTS, UNDO } from "./undo.ts";
import { checkWhere, type Noted } from "./where.ts";

export interface RunnerOptions {
  readonly journal: Journal;
  readonly root: RootFs;
  readonly packets: (digest: Digest) => Packet;
  readonly layout: Layout;
  readonly scripts: {
    readonly installRoot: string;
    readonly deviceId: string;
    readonly systemTags: readonly Tag[];
    readonly timeoutMs: number;
    readonly healthcheckTimeoutMs: number;
  };
  readonly log: (event: TransactionEvent) => void;
}

/** What must be proved before the commit, and what it takes to prove it. */
export interface Confirmation {
  readonly proofs: Proofs;
  readonly remote: Remote;
  readonly signal: AbortSignal;
}

/** Carries operations out, and back, and keeps the record of what scripts did. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #scripts: ScriptRun[] = [];

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
    const begun = performance.now();
    let current: Operation | undefined;
    try {
      for (const [index, operation] of operations.entries()) {
        current = operation;
        reached = index + 1;
        if (operation.kind === "script") {
          this.#append({ record: "script", operation: index });
          started.add(index);
          await this.#runOrThrow(operation);
        } else execute(APPLY, operation, this.#options.root, areas);
      }
      current = undefined;
      // First where the old files are now, so that none is ever in neither place.
      this.#syncAreas(areas);
      this.#syncParents(operations);
      this.#options.log({ event: "switched", durationMs: Math.round(performance.now() - begun) });
      for (const healthcheck of confirmation.proofs.healthchecks) {
        current = healthcheck;
        await this.#proveHealth(healthcheck, confirmation.signal);
      }
      current = undefined;
      await this.#proveConnectivity(confirmation);
      commit();
      return undefined;
    } catch (cause) {
      const failure = failureAt(current, cause);
      this.#options.log({ event: "roll back", error: failure.error.message });
      try {
        this.#append({ record: "rollback" });
        await this.#undoAll(operations.slice(0, reached), noted, started, new Set(), areas);
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
    return this.#scripts;
  }

  async #undoAll(
    operations: readonly Operation[],
    noted: Noted | undefined,
    started: ReadonlySet<number>,
    undone: ReadonlySet<number>,
    areas: OpenAreas,
  ): Promise<void> {
    checkWhere(operations, noted, areas, this.#options.root, this.#options.layout.stateDir);
    for (const [index, operation] of [...operations.entries()].toReversed()) {
      if (operation.kind !== "script") execute(UNDO, operation, this.#options.root, areas);
      else if (started.has(index) && !undone.has(index)) {
        await this.#runCounterpart(operation);
        this.#options.journal.note({ record: "undone", operation: index });
      }
    }
    this.#syncParents(operations);
  }

  async #runOrThrow(operation: ScriptOperation): Promise<void> {
    const result = await this.#run(operation, false);
    if (result.exitCode !== 0) throw scriptError(operation, result, this.#options.scripts.timeoutMs);
  }

  async #proveHealth(healthcheck: ScriptOperation, signal: AbortSignal): Promise<void> {
    const { timeoutMs, healthcheckTimeoutMs } = this.#options.scripts;
    let last: ScriptResult | undefined;
    const failure = await tryUntil(
      async (leftMs) => {
        last = await this.#run(healthcheck, false, Math.min(timeoutMs, leftMs));
        if (last.exitCode !== 0) throw new Error(`exit code ${last.exitCode}`);
      },
      healthcheckTimeoutMs,
      signal,
    );
    if (failure === undefined) return;
    throw new JamesError(
      "HEALTHCHECK_FAILED",
      `the healthcheck of ${healthcheck.app} did not succeed in ${healthcheckTimeoutMs / 1000} s`,
      { hint: lastWords(last?.output ?? ""), cause: failure },
    );
  }

  async #proveConnectivity({ proofs, remote, signal }: Confirmation): Promise<void> {
    if (proofs.connectivity === undefined) return;
    this.#options.log({ event: "confirm", connectivity: proofs.connectivity });
    await proveConnectivity(remote, proofs.connectivity, signal);
  }

  async #runCounterpart(operation: ScriptOperation): Promise<void> {
    const script = COUNTERPARTS[operation.script];
    const packet = script && this.#knownPacket(operation);
    if (!script || !packet?.scripts[script]) return;
    // Its failure is reported but stops nothing: the files go back in any case.
    try {
      await this.#run({ ...operation, script }, true);
    } catch (cause) {
      // Not the script's: it could not be noted in the journal, and was not run.
      if (cause instanceof JamesError) throw cause;
      this.#options.log({
        event: "script failed",
        script,
        app: operation.app,
        error: deviceError(cause).message,
      });
    }
  }

  // What a disk has spoiled of the packet must not keep its files from going back.
  #knownPacket({ app, script, packet }: ScriptOperation): Packet | undefined {
    try {
      return this.#options.packets(packet);
    } catch (cause) {
      this.#options.log({ event: "counterpart passed over", app, script, error: deviceError(cause).message });
      return undefined;
    }
  }

  async #run(
    { app, script, packet: digest }: ScriptOperation,
    isUndo: boolean,
    timeoutMs = this.#options.scripts.timeoutMs,
  ): Promise<ScriptResult> {
    const { packets, layout, root, scripts, log } = this.#options;
    const packet = packets(digest);
    const content = packet.scripts[script];
    if (!content) throw new JamesError("INTERNAL", `${app} has no ${script}`);
    // The script may change directories under us.
    root.forget();
    const context: ScriptContext = {
      app,
      script,
      packet: digest,
      file: scriptFile(layout, content.digest),
      installRoot: scripts.installRoot,
      deviceId: scripts.deviceId,
      tags: [...packet.tags, ...scripts.systemTags],
      undo: isUndo,
      timeoutMs,
    };
    const result = await runScript(context, (pid) => this.#noteProcess(pid));
    const { timedOut: _, ...run } = result;
    // Of a healthcheck that is tried again only the last try is told.
    const last = this.#scripts.at(-1);
    if (script === "healthcheck" && last?.script === script && last.app === app) this.#scripts.pop();
    this.#scripts.push({ app, script, undo: isUndo, ...run });
    log({ event: "script", app, script, undo: isUndo, exitCode: result.exitCode, signal: result.signal });
    return result;
  }

  // By this recovery ends it when the agent is killed while it runs. Nothing survives a power cut, so it needs no sync.
  #noteProcess(pid: number): void {
    try {
      this.#options.journal.note({ record: "process", ...identify(pid) });
    } catch (cause) {
      throw deviceError(cause);
    }
  }

  // Every directory whose names changed. Files were made durable when they were staged. The deepest first: where a
  // directory was removed and made again, the old one with all its names stands until the new one is whole.
  #syncParents(operations: readonly Operation[]): void {
    const { root } = this.#options;
    root.forget();
    const changed = new Set(
      operations.flatMap((operation) => (operation.kind === "script" ? [] : [parentOf(operation.path)])),
    );
    for (const directory of [...changed].sort().toReversed()) {
      try {
        syncPath(root.at(pathIn(directory, ".")));
      } catch (cause) {
        // No directory any more, or a link that leads nowhere: then its parent is in the list.
        if (!isMissing(cause)) throw named("write to the disk the folder", `/${directory}`, cause);
      }
    }
    root.forget();
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
