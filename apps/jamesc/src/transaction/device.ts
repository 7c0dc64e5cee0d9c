import { randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type InstalledApp, JamesError, type Packet, type Plan, type Tag } from "@jamesd/model";
import type { PlanMessage, Transaction } from "@jamesd/protocol";
import { discardAreas, OpenAreas } from "./area.ts";
import { packetLookup } from "./compile.ts";
import { readState, type SavedState, writeState } from "./device-state.ts";
import { syncPath } from "./durable.ts";
import type { TransactionEvent } from "./event.ts";
import { distrustFetched, fetchBlobs } from "./fetch.ts";
import { type Area, Journal, type JournalRecord, type StageRecord } from "./journal.ts";
import { type Layout, makeLayout } from "./layout.ts";
import { localCopies } from "./local-copies.ts";
import { PacketStore } from "./packet-store.ts";
import { checkPlan, compilePlan } from "./prepare.ts";
import type { Remote } from "./remote.ts";
import { type Identity, makeReport } from "./report.ts";
import { RootFs } from "./root-fs.ts";
import { deviceError, Runner, rollbackFailed } from "./runner.ts";
import { stage } from "./stage.ts";

export interface TransactionOptions {
  readonly installRoot: string;
  readonly stateDir: string;
  readonly deviceId: string;
  readonly systemTags: readonly Tag[];
  readonly scriptTimeoutMs: number;
  readonly log: (event: TransactionEvent) => void;
}

/**
 * A device's install root and state directory, and the one runner of transactions on them. Invariants:
 * - one transaction at a time, and none before recovery has looked at the journal;
 * - until the journal says `begin`, nothing that the device runs has changed;
 * - state.json is written once per transaction, after every change of it is durable: that write decides;
 * - afterwards the device is exactly at the old or exactly at the new apps, and state.json says which.
 */
export class Device {
  readonly #options: TransactionOptions;
  readonly #layout: Layout;
  readonly #root: RootFs;
  readonly #packets: PacketStore;
  #state: SavedState;
  #busy = false;

  private constructor(options: TransactionOptions, layout: Layout, root: RootFs) {
    this.#options = options;
    this.#layout = layout;
    this.#root = root;
    this.#packets = new PacketStore(layout);
    this.#state = readState(layout.state);
  }

  /** Opens a device and recovers first: a transaction that was cut is undone, or cleaned up when it had committed. */
  static async open(options: TransactionOptions): Promise<Device> {
    const layout = makeLayout(options.stateDir);
    const device = new Device(options, layout, new RootFs(options.installRoot));
    distrustFetched(layout);
    device.#packets.forgetDamagedScripts();
    await device.#recover();
    return device;
  }

  get installed(): readonly InstalledApp[] {
    return this.#state.apps;
  }

  /** Revision of the last committed plan; 0 before the first. */
  get revision(): number {
    return this.#state.revision;
  }

  /** The ended transaction that the server has not acknowledged. */
  pendingReport(): Transaction | undefined {
    return this.#state.report ?? undefined;
  }

  /** The server knows of that transaction now. */
  async acknowledgeReport(id: string): Promise<void> {
    if (this.#state.report?.id === id) this.#save({ ...this.#state, report: null });
  }

  /**
   * Carries out a plan as one transaction. A plan that fails is no exception: the transaction says so, and the device
   * is as before.
   * @throws the signal's reason when aborted before the switch; SERVER_UNREACHABLE when the server was lost before it;
   * ROLLBACK_FAILED when the device does not let itself be brought back
   */
  async carryOut(message: PlanMessage, remote: Remote, signal: AbortSignal): Promise<Transaction> {
    if (this.#busy) throw new JamesError("INTERNAL", "a transaction is under way");
    this.#busy = true;
    try {
      await this.#recover();
      return await this.#transact(message, remote, signal);
    } catch (cause) {
      throw signal.aborted ? cause : deviceError(cause);
    } finally {
      this.#busy = false;
    }
  }

  async #transact(message: PlanMessage, remote: Remote, signal: AbortSignal): Promise<Transaction> {
    const identity: Identity = {
      id: randomUUID(),
      target: message.target,
      revision: message.revision,
      started: Date.now(),
      attempt: this.#attemptsOf(message.target) + 1,
    };
    try {
      const packets = await this.#fetch(message, remote, signal);
      const plan = checkPlan(message, this.installed, packets);
      return await this.#switch(identity, plan, packets, signal);
    } catch (cause) {
      // It had ended, and only clearing away failed: that is done before the next one.
      if (this.#state.ended?.id === identity.id && this.#state.report) return this.#state.report;
      const error = deviceError(cause);
      if (signal.aborted || error.class === "unavailable" || error.code === "ROLLBACK_FAILED") throw cause;
      return this.#giveUp(makeReport(identity, [], { error }));
    } finally {
      // A directory kept open would keep its file system from being unmounted.
      this.#root.forget();
    }
  }

  async #fetch(message: PlanMessage, remote: Remote, signal: AbortSignal): Promise<readonly Packet[]> {
    const digests = new Set([...this.installed, ...message.apps].map(({ digest }) => digest));
    const packets: Packet[] = [];
    for (const digest of digests) packets.push(await this.#packets.get(digest, remote, signal));
    const here = new Set(this.installed.map(({ digest }) => digest));
    const coming = packets.filter(({ digest }) => !here.has(digest));
    this.#log({ event: "fetch", packets: coming.map(({ name, tags }) => ({ name, tags })) });
    const owned = packets.filter(({ digest }) => here.has(digest));
    await fetchBlobs(
      [...coming, ...owned.map(withoutFiles)],
      this.#layout,
      localCopies(owned, coming, this.#root),
      remote,
      signal,
    );
    return packets;
  }

  // Stages, switches and commits. What it throws left the device untouched, but for ROLLBACK_FAILED.
  async #switch(
    identity: Identity,
    plan: Plan,
    packets: readonly Packet[],
    signal: AbortSignal,
  ): Promise<Transaction> {
    const { compiled, finder } = compilePlan(plan, packets, {
      installed: this.installed,
      directories: this.#state.directories,
      root: this.#root,
      layout: this.#layout,
      reserved: this.#root.pathOf(this.#layout.stateDir),
    });
    this.#log({ event: "stage", files: compiled.staged.length, operations: compiled.operations.length });
    const journal = Journal.create(this.#layout.journal);
    let areas: OpenAreas | undefined;
    try {
      journal.append({ record: "stage", ...identity, areas: finder.areas });
      areas = OpenAreas.make(finder.areas, this.#layout, this.#root);
      await stage(compiled.staged, areas, this.#layout);
      signal.throwIfAborted();
      syncPath(this.#layout.scripts);
      const { apps, directories, revision, failures } = this.#state;
      const before = { apps, directories, revision, failures };
      journal.append({ record: "begin", before, operations: compiled.operations });
    } catch (cause) {
      areas?.close();
      this.#cleanUp(journal, finder.areas);
      throw cause;
    }
    const runner = this.#runner(journal, packets);
    let report: Transaction | undefined;
    try {
      const failure = await runner.run(compiled.operations, areas, () => {
        report = this.#commit(makeReport(identity, runner.scripts, undefined), plan, compiled.directories);
      });
      report = report ?? this.#giveUp(makeReport(identity, runner.scripts, failure));
    } finally {
      areas.close();
    }
    this.#cleanUp(journal, finder.areas);
    return report;
  }

  #runner(journal: Journal, packets: readonly Packet[]): Runner {
    const { installRoot, deviceId, systemTags, scriptTimeoutMs } = this.#options;
    return new Runner({
      journal,
      root: this.#root,
      packets: packetLookup(packets),
      layout: this.#layout,
      scripts: { installRoot, deviceId, systemTags, timeoutMs: scriptTimeoutMs },
      log: (event) => this.#log(event),
    });
  }

  // The commit point. Everything that it speaks of is durable already.
  #commit(report: Transaction, plan: Plan, directories: readonly string[]): Transaction {
    const { id, outcome, revision } = report;
    this.#save({
      ...this.#state,
      report,
      ended: { id, outcome },
      apps: plan.apps,
      directories,
      revision,
      failures: null,
    });
    return report;
  }

  // Notes that a transaction failed and the device is as before.
  #giveUp(report: Transaction): Transaction {
    const { id, outcome, target, attempt } = report;
    const state = { ...this.#state, report, ended: { id, outcome }, failures: { target, count: attempt } };
    try {
      this.#save(state);
    } catch {
      // A full disk: what was fetched can be fetched again.
      this.#forgetFetched();
      this.#save(state);
    }
    return report;
  }

  // Only when the outcome is written: throws away what could have led to the other one.
  #cleanUp(journal: Journal, areas: readonly Area[]): void {
    discardAreas(areas, this.#layout, this.#root);
    journal.remove();
    this.#packets.keepOnly(new Set(this.installed.map(({ digest }) => digest)));
    // Once a plan has committed nothing that was fetched is wanted any more; after a failure it is.
    if (this.#state.failures === null) this.#forgetFetched();
    this.#root.forget();
  }

  #forgetFetched(): void {
    for (const name of readdirSync(this.#layout.fetched))
      rmSync(join(this.#layout.fetched, name), { force: true });
  }

  async #recover(): Promise<void> {
    const found = Journal.reopen(this.#layout.journal);
    if (!found) return;
    const { journal, records } = found;
    const head = records.find((record) => record.record === "stage");
    if (head && this.#mustUndo(head.id, records)) await this.#undo(head, journal, records);
    this.#cleanUp(journal, head?.areas ?? []);
  }

  // Before `begin` nothing was changed; after it, state.json says whether the transaction ended, unless it was being
  // undone, perhaps after a commit whose durability was in doubt.
  #mustUndo(id: string, records: readonly JournalRecord[]): boolean {
    const says = (kind: JournalRecord["record"]): boolean => records.some(({ record }) => record === kind);
    if (!says("begin")) return false;
    const ended = this.#state.ended?.id === id ? this.#state.ended.outcome : undefined;
    return ended === undefined || (ended === "committed" && says("rollback"));
  }

  async #undo(head: StageRecord, journal: Journal, records: readonly JournalRecord[]): Promise<void> {
    this.#log({ event: "recover", transaction: head.id, revision: head.revision });
    const runner = this.#runner(journal, this.#packets.all());
    let areas: OpenAreas | undefined;
    try {
      // From here on a commit that state.json may speak of does not count.
      journal.append({ record: "rollback" });
      areas = OpenAreas.open(head.areas, this.#layout, this.#root);
      await runner.rollBack(records, areas);
    } catch (cause) {
      journal.close();
      throw rollbackFailed("a transaction was interrupted", cause);
    } finally {
      areas?.close();
    }
    const begin = records.find((record) => record.record === "begin");
    this.#state = { ...this.#state, ...begin?.before };
    const error = new JamesError(
      "TRANSACTION_INTERRUPTED",
      "jamesc or the device stopped in the middle; what was installed before was restored",
    );
    this.#giveUp(
      makeReport({ ...head, attempt: this.#attemptsOf(head.target) + 1 }, runner.scripts, { error }),
    );
  }

  #attemptsOf(target: string): number {
    return this.#state.failures?.target === target ? this.#state.failures.count : 0;
  }

  #save(state: SavedState): void {
    writeState(this.#layout.state, state);
    this.#state = state;
  }

  #log(event: TransactionEvent): void {
    this.#options.log(event);
  }
}

// Of an installed packet only lost scripts are fetched again, not its files.
function withoutFiles(packet: Packet): Packet {
  return { ...packet, manifest: [] };
}
