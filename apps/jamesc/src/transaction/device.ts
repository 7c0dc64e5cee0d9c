import { statSync } from "node:fs";
import { type Digest, type DriftReport, type InstalledApp, JamesError, type Packet } from "@jamesd/model";
import { type AnyPlan, type Followed, isKnownPlan, type Transaction } from "@jamesd/protocol/device";
import { withCompilers } from "../compilers.ts";
import type { DeviceParts, TransactionOptions } from "./device-parts.ts";
import { deviceError } from "./disk/device-error.ts";
import { RootFs } from "./disk/root-fs.ts";
import type { Drift } from "./drift/drift.ts";
import type { Budget } from "./drift/pace.ts";
import { bytesFetched } from "./fetch/fetched.ts";
import type { Remote } from "./fetch/remote.ts";
import { askGo, NotYetError } from "./go.ts";
import type { Failures } from "./journal/device-state.ts";
import { noteInHistory } from "./journal/history.ts";
import { WaitsFile } from "./journal/waits.ts";
import { clearAreas } from "./leftover.ts";
import { unusableReport } from "./lost.ts";
import { NOBODY, type Onlooker } from "./onlooker.ts";
import { openParts } from "./open-parts.ts";
import { noteService } from "./own/service-program.ts";
import { recover } from "./recovery.ts";
import { Unmerged } from "./unmerged.ts";

/**
 * A device's install root and state directory, and the one runner of transactions on them. Invariants:
 * - one transaction at a time, and none before recovery has looked at the journal;
 * - until the journal says `begin`, nothing that the device runs has changed;
 * - state.json is written once per transaction, after every change of it is durable: that write decides;
 * - afterwards the device is exactly at the old or exactly at the new apps, and state.json says which.
 */
export class Device {
  readonly #options: TransactionOptions;
  // Undefined as long as the state directory or the install root cannot be used.
  #parts: DeviceParts | undefined;
  /** Which directory the state directory is, from when it was first opened: what is known, and the lock, are of that one. */
  #stateDir: string | undefined;
  #stuck: Transaction | undefined;
  /** The server was told of it. */
  #isStuckKnown = false;
  #busy = false;
  readonly #unmerged: Unmerged;
  /** Undefined until somebody looks for it: until then nothing of that is in memory. */
  #drift: Drift | undefined;
  /** The plan that was prepared last and could not be begun. */
  #waiting: string | undefined;
  /** The same, for people. */
  #waits: WaitsFile | undefined;

  private constructor(options: TransactionOptions) {
    this.#options = options;
    this.#unmerged = new Unmerged(
      (digest) => this.#parts?.store.conffilesOf(digest) ?? [],
      options.installRoot,
    );
  }

  /**
   * Opens a device and recovers first: a transaction that was cut is undone, or cleaned up when it had committed. When
   * that fails, or the state directory cannot be used, the device is open and `stuck`.
   */
  static async open(options: TransactionOptions): Promise<Device> {
    const device = new Device(options);
    await device.recover();
    return device;
  }

  /** False: it is not known what is installed, for state.json cannot be read. */
  get isKnown(): boolean {
    return this.#parts !== undefined;
  }

  get installed(): readonly InstalledApp[] {
    return this.#parts?.state.saved.apps ?? [];
  }

  /** The new versions of configuration files that lie beside edited ones: paths below the install root. */
  unmerged(): readonly string[] {
    return this.#unmerged.now(this.installed);
  }

  /** An installed packet; undefined when its manifest is lost, or it is none. */
  packet(digest: Digest): Packet | undefined {
    const isInstalled = this.installed.some((app) => app.digest === digest);
    return isInstalled ? this.#parts?.store.peek(digest) : undefined;
  }

  /** Revision of the last committed plan; 0 before the first. */
  get revision(): number {
    return this.#parts?.state.saved.revision ?? 0;
  }

  /** That revision with the server's seal of it; undefined when it is not known. */
  get followed(): Followed | undefined {
    const saved = this.#parts?.state.saved;
    return saved && { revision: saved.revision, ...(saved.seal !== null && { seal: saved.seal }) };
  }

  /** The target that carrying out failed for last, and how often; null when the last transaction committed. */
  get failures(): Failures | null {
    return this.#parts?.state.saved.failures ?? null;
  }

  /** The transaction that could be neither finished nor undone; undefined when the device is at the old or the new apps. */
  get stuck(): Transaction | undefined {
    return this.#stuck;
  }

  /** Bytes that are fetched and not yet installed; 0 when that cannot be seen. */
  get fetchedBytes(): number {
    return this.#parts ? bytesFetched(this.#parts.layout) : 0;
  }

  /** The ended or stuck transaction that the server has not acknowledged. */
  pendingReport(): Transaction | undefined {
    if (this.#stuck) return this.#isStuckKnown ? undefined : this.#stuck;
    return this.#parts?.state.saved.report ?? undefined;
  }

  /** The server knows of that transaction now. */
  async acknowledgeReport(id: string): Promise<void> {
    if (this.#stuck?.id === id) this.#isStuckKnown = true;
    // What stands in its place is not written to; the server hears of that next.
    else if (this.#isStateDirHere()) this.#parts?.state.acknowledge(id);
    else await this.recover();
  }

  /** Looks at the journal once more; `retry` names the transaction that an operator wants tried again. */
  async recover(retry?: string): Promise<void> {
    const before = this.#stuck?.id;
    this.#stuck = await this.#recover(retry);
    if (retry !== undefined || this.#stuck?.id !== before) this.#isStuckKnown = false;
  }

  /**
   * Carries out a plan as one transaction. A plan that fails is no exception: the transaction says so, and the device
   * is as before; or it is stuck in between, when it does not let itself be brought back.
   * @param onlooker told how it goes on; may have the plan left before the switch
   * @throws the signal's or the onlooker's reason when aborted before the switch; what cut it off from the server before it (`isCutOff`); NOT_YET when it is
   * prepared and may not be begun: carried out again, after its `retryAfterMs`, it goes on
   */
  async carryOut(
    message: AnyPlan,
    remote: Remote,
    signal: AbortSignal,
    onlooker: Onlooker = NOBODY,
  ): Promise<Transaction> {
    if (this.#busy) throw new JamesError("INTERNAL", "a transaction is under way");
    this.#busy = true;
    try {
      await this.#drift?.stop();
      await this.recover(message.retry);
      if (this.#stuck) return this.#stuck;
      if (!this.#parts) throw new JamesError("INTERNAL", "a device without a state directory is not stuck");
      await this.#askAgain(message);
      this.#waits?.forgetOther(message.revision);
      // All that carries out is loaded for the first plan; most of the time an agent waits.
      const { transact } = await import("./transact.ts");
      const parts = this.#parts;
      const transaction = await withCompilers(() => transact(parts, message, remote, signal, onlooker));
      this.waitsNoMore();
      if (transaction.outcome === "stuck") this.#stuck = transaction;
      this.#remember(transaction);
      return transaction;
    } catch (cause) {
      if (cause instanceof NotYetError) this.#noteWaiting(message, cause);
      throw signal.aborted ? cause : deviceError(cause);
    } finally {
      this.#busy = false;
    }
  }

  /** No plan waits to be begun. */
  waitsNoMore(): void {
    this.#waits?.forget();
  }

  /** How the device differs from what is installed; undefined when nobody has looked yet, or it is not known what is installed. */
  get drift(): DriftReport | undefined {
    return this.#parts && this.#drift?.report(this.installed);
  }

  /**
   * Looks whether the device is as its packets have it, resting in between as the budget wants it; contents that were
   * compared less than `fullAfterMs` ago are compared only where something was touched. It ends at once when a transaction
   * begins, and then it is as if it had not looked.
   * @returns whether it came to its end
   */
  async lookForDrift(budget: Budget, fullAfterMs: number, signal: AbortSignal): Promise<boolean> {
    const { Drift } = await import("./drift/drift.ts");
    // From here to the look itself nothing is waited for: a transaction that begins finds it, and stops it.
    if (this.#busy || this.#stuck || !this.#parts) return false;
    this.#drift ??= new Drift();
    const drift = this.#drift;
    const { layout, store: packets, state, options } = this.#parts;
    try {
      const ground = { saved: state.saved, packets, root: new RootFs(options.installRoot) };
      const how = { layout, budget, fullAfterMs, isNoted: true, now: Date.now };
      return await withCompilers(() => drift.look(ground, how, signal));
    } catch (cause) {
      options.log({ event: "no look for drift", error: deviceError(cause).toBody() });
      return false;
    }
  }

  /** What may still not be begun is not prepared anew. @throws JamesError NOT_YET */
  async #askAgain(message: AnyPlan): Promise<void> {
    const isKnown = this.#waiting === nameOf(message);
    this.#waiting = undefined;
    if (isKnown && isKnownPlan(message)) await askGo(message, this.#options);
  }

  #noteWaiting(message: AnyPlan, { notYet: { why, opens } }: NotYetError): void {
    this.#waiting = nameOf(message);
    if (isKnownPlan(message)) this.#waits?.note(message, { why, until: opens }, Date.now());
  }

  async #recover(retry?: string): Promise<Transaction | undefined> {
    try {
      this.#checkStateDir();
      // Somebody may have put right what it was stuck by.
      if (this.#stuck || !this.#parts) {
        this.#parts = undefined;
        await this.#options.enter?.();
        this.#parts = openParts(this.#options);
        this.#waits = new WaitsFile(
          this.#parts.layout.waits,
          () => this.#isStateDirHere(),
          this.#options.log,
        );
      }
      this.#stateDir ??= directoryId(this.#options.stateDir);
      const stuck = await recover(this.#parts, retry);
      if (stuck) return stuck;
      clearAreas([], this.#parts);
      if (this.#options.own) noteService(this.#parts.layout, this.#options.own);
      // One that was cut before it was remembered, or that was undone now.
      this.#remember(this.#parts.state.saved.report);
      return undefined;
    } catch (cause) {
      const error = deviceError(cause);
      const report = unusableReport(error);
      // It is looked again every minute, and the same is said once.
      if (report.id !== this.#stuck?.id)
        this.#options.log({ event: "recovery failed", error: error.toBody() });
      return report;
    }
  }

  #remember(transaction: Transaction | null): void {
    if (!transaction || !this.#parts) return;
    const { layout, state, options } = this.#parts;
    try {
      noteInHistory(layout.history, transaction, state.saved.apps);
    } catch (cause) {
      options.log({ event: "history not written", error: deviceError(cause).toBody() });
    }
  }

  #isStateDirHere(): boolean {
    return this.#stateDir === undefined || this.#stateDir === directoryId(this.#options.stateDir);
  }

  /** @throws JamesError DEVICE_IO when another directory, or none, is in the place of the state directory */
  #checkStateDir(): void {
    const { stateDir } = this.#options;
    if (this.#isStateDirHere()) return;
    this.#parts = undefined;
    throw new JamesError("DEVICE_IO", `${stateDir} is not the directory any more that jamesc began with`, {
      hint: "Mount it again, or put it back; when it was replaced for good, start jamesc again.",
    });
  }
}

function nameOf({ target, revision }: AnyPlan): string {
  return `${target} ${revision}`;
}

/** Which directory is there. */
function directoryId(directory: string): string {
  const stats = statSync(directory, { throwIfNoEntry: false });
  return `${stats?.dev}:${stats?.ino}`;
}
