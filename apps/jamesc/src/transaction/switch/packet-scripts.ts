import { type Digest, isOfRemoval, JamesError, type Packet, type Tag } from "@jamesd/model";
import type { ScriptRun } from "@jamesd/protocol/device";
import { deviceError } from "../disk/device-error.ts";
import { type Layout, scriptFile } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { TransactionEvent } from "../event.ts";
import type { Journal } from "../journal/journal.ts";
import type { ScriptOperation } from "../journal/operation.ts";
import { hasSucceeded, runScript, type ScriptContext, type ScriptResult } from "../scripts/script.ts";
import type { ScriptProcess } from "../scripts/script-process.ts";
import { tryUntil } from "./confirm.ts";
import { scriptError, scriptHint } from "./script-error.ts";
import { COUNTERPARTS } from "./undo.ts";

export interface PacketScriptsOptions {
  readonly journal: Journal;
  readonly root: RootFs;
  readonly packetOf: (digest: Digest) => Packet;
  readonly layout: Layout;
  readonly installRoot: string;
  readonly deviceId: string;
  readonly systemTags: readonly Tag[];
  readonly timeoutMs: number;
  readonly healthcheckTimeoutMs: number;
  /** Scripts of what goes may fail. */
  readonly isForced: boolean;
  readonly log: (event: TransactionEvent) => void;
}

/** Runs the scripts of a transaction's packets, and keeps the record of what they did. */
export class PacketScripts {
  readonly #options: PacketScriptsOptions;
  readonly #runs: ScriptRun[] = [];

  constructor(options: PacketScriptsOptions) {
    this.#options = options;
  }

  /** What they did so far, in order. */
  get runs(): readonly ScriptRun[] {
    return this.#runs;
  }

  /** Runs a script. @throws JamesError SCRIPT_FAILED, SCRIPT_TIMEOUT, unless it may fail */
  async runOrThrow(operation: ScriptOperation): Promise<void> {
    const { timeoutMs, isForced, log } = this.#options;
    const result = await this.#run(operation, false);
    if (hasSucceeded(result)) return;
    const error = scriptError(operation, result, timeoutMs);
    const { script, app } = operation;
    if (!isForced || !isOfRemoval(script)) throw error;
    log({ event: "script passed over", app, script, error: error.message });
  }

  /** Tries a healthcheck until it succeeds. @throws JamesError HEALTHCHECK_FAILED when it did not in time */
  async proveHealth(healthcheck: ScriptOperation, signal: AbortSignal): Promise<void> {
    const { timeoutMs, healthcheckTimeoutMs } = this.#options;
    let last: ScriptResult | undefined;
    const failure = await tryUntil(
      async (leftMs) => {
        last = await this.#run(healthcheck, false, Math.min(timeoutMs, leftMs));
        if (!hasSucceeded(last)) throw new Error(`exit code ${last.exitCode}`);
      },
      healthcheckTimeoutMs,
      signal,
    );
    if (failure === undefined) return;
    throw new JamesError(
      "HEALTHCHECK_FAILED",
      `the healthcheck of ${healthcheck.app} did not succeed in ${healthcheckTimeoutMs / 1000} s`,
      { hint: scriptHint(last?.output ?? ""), cause: failure },
    );
  }

  /** Runs what undoes a script. @throws JamesError when it cannot be noted in the journal */
  async runCounterpart(operation: ScriptOperation): Promise<void> {
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
      return this.#options.packetOf(packet);
    } catch (cause) {
      this.#options.log({ event: "counterpart passed over", app, script, error: deviceError(cause).message });
      return undefined;
    }
  }

  async #run(
    { app, script, packet: digest }: ScriptOperation,
    isUndo: boolean,
    timeoutMs = this.#options.timeoutMs,
  ): Promise<ScriptResult> {
    const { packetOf, layout, root, installRoot, deviceId, systemTags, log } = this.#options;
    const packet = packetOf(digest);
    const content = packet.scripts[script];
    if (!content) throw new JamesError("INTERNAL", `${app} has no ${script}`);
    // The script may change directories under us.
    root.forget();
    const context: ScriptContext = {
      app,
      script,
      packet: digest,
      file: scriptFile(layout, content.digest),
      pipe: layout.output,
      installRoot,
      deviceId,
      tags: [...packet.tags, ...systemTags],
      undo: isUndo,
      timeoutMs,
    };
    let noted: ScriptProcess | undefined;
    const result = await runScript(context, (process) => {
      this.#noteProcess(process);
      noted = process;
    });
    // What it left behind is on purpose: recovery lets it live.
    if (noted && !result.timedOut)
      this.#options.journal.tryToNote({ record: "process", ...noted, ended: true });
    const { timedOut: _, ...run } = result;
    // Of a healthcheck that is tried again only the last try is told.
    const last = this.#runs.at(-1);
    if (script === "healthcheck" && last?.script === script && last.app === app) this.#runs.pop();
    this.#runs.push({ app, script, undo: isUndo, ...run });
    log({ event: "script", app, script, undo: isUndo, exitCode: result.exitCode, signal: result.signal });
    return result;
  }

  // By this recovery ends it when the agent is killed while it runs. Nothing survives a power cut, so it needs no sync.
  #noteProcess(process: ScriptProcess): void {
    try {
      this.#options.journal.note({ record: "process", ...process });
    } catch (cause) {
      throw deviceError(cause);
    }
  }
}
