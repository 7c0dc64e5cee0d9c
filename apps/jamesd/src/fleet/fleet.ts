import { type DocumentVersion, makePlan, type Plan } from "@jamesd/model";
import type { Keep } from "../device/device-record.ts";
import type { Order, PlanOrder } from "../device/order.ts";
import type { Report } from "../device/report.ts";
import type { Catalogue } from "../packets/catalogue.ts";
import { PacketCache } from "../packets/packet-cache.ts";
import { retryWished } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import { stopping } from "../running/stopping.ts";
import { Turns } from "../running/turns.ts";
import { concernedBy } from "./concerned.ts";
import { type DeviceFilter, passes } from "./device-filter.ts";
import { type DeviceSummary, type DeviceView, deviceSummary, deviceView } from "./device-view.ts";
import { Documents } from "./documents.ts";
import { Halts } from "./halts.ts";
import { hold } from "./hold.ts";
import { LastSeen } from "./last-seen.ts";
import { matchOnce } from "./match-once.ts";
import {
  failedTransaction,
  haltOf,
  isConnected,
  isDeferred,
  isNewlyFollowed,
  isPossible,
  type KnownMember,
  type Member,
  resolvable,
  wishedRetry,
} from "./member.ts";
import { Members } from "./members.ts";
import { PathChecks } from "./path-checks.ts";
import { retryNotNeeded } from "./problem.ts";
import { Reports } from "./reports.ts";
import { Resolver } from "./resolver.ts";
import type { Target } from "./target.ts";

/** What an operator wants tried again. */
export interface Retry {
  /** Of the device. */
  readonly revision: number;
  /** Id of the failed transaction. */
  readonly transaction: string;
}

/**
 * The devices: what each reported, what each should have, and who is waiting for an answer. Held in memory, so that an
 * unchanged check-in costs no I/O; whatever must not be forgotten is in the repository before anyone is told of it.
 */
export class Fleet {
  readonly members = new Members();
  readonly catalogue: Catalogue;
  readonly #repository: Repository;
  readonly #lastSeen: LastSeen;
  readonly #writes = new Turns();
  /** What is in packets. */
  readonly packets: PacketCache;
  /** Whether packets of one target exclude each other. */
  readonly paths: PathChecks;
  #resolver: Resolver;
  readonly #now: () => number;
  readonly #halts: Halts;
  readonly #reports: Reports;
  #isClosed = false;

  private constructor(
    catalogue: Catalogue,
    repository: Repository,
    documents: Documents,
    historyKey: Uint8Array,
    now: () => number,
  ) {
    this.catalogue = catalogue;
    this.#repository = repository;
    this.packets = new PacketCache(repository.packets);
    this.paths = new PathChecks(this.packets);
    this.#resolver = this.resolver(documents);
    this.#now = now;
    this.#halts = new Halts(repository.revisions, historyKey);
    this.#reports = new Reports({ repository, members: this.members, halts: this.#halts, now });
    this.#lastSeen = new LastSeen(repository.devices);
  }

  static async load(catalogue: Catalogue, repository: Repository, now: () => number): Promise<Fleet> {
    const documents = Documents.of(await repository.documents.all(), await repository.documents.touches());
    const key = await repository.revisions.historyKey();
    const records = await repository.devices.all();
    // Not before all is read: it keeps time from now on, until it is closed.
    const fleet = new Fleet(catalogue, repository, documents, key, now);
    for (const record of records) fleet.members.setRecord(fleet.members.of(record.id), record);
    for (const member of fleet.members.all()) fleet.#resolve(member);
    return fleet;
  }

  /**
   * The report and question of a device: of the author. The answer comes when there is something to do, or after `waitMs`, or when the
   * signal says that nobody waits any more. Undefined: nothing to do.
   * @throws JamesError SERVER_STOPPING instead of that, when the fleet was closed
   */
  async checkIn(
    origin: Origin,
    report: Report,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Order | undefined> {
    const { author: id } = origin;
    const member = this.members.of(id);
    member.lastSeen = this.#now();
    member.isCut = false;
    this.#lastSeen.note(id, member.lastSeen);
    member.turn += 1;
    const { turn, sent } = member;
    member.sent = undefined;
    // A newer connection of the same device replaces the one that was held.
    member.wake?.();
    if (report.state || report.transaction || isNewlyFollowed(report.followed, member))
      await this.#writes.take(id, async () => {
        // Not of one that was forgotten while its report waited for its turn.
        if (!this.members.has(member)) return;
        const mayDiffer = await this.#reports.take(member, { report, sent, origin }, this.#resolver);
        if (mayDiffer) this.#resolve(member);
      });
    if (member.stateDigest !== report.digest) return { tellState: true };
    // Here, so that who does not wait gets its plan as well. When it fails it is tried again when the device asks next.
    const { target } = member;
    if (target && target.digest !== member.appsDigest) await this.paths.check(target).catch(() => null);
    // Not the clock that people set: a step of it would hold the answer for as long.
    const until = performance.now() + waitMs;
    let plan = this.#planFor(member, report.deferred);
    // Woken for nothing, such as a change that asks nothing of this device, it waits on.
    while (!plan && !this.#isClosed && turn === member.turn && performance.now() < until) {
      await hold(member, until - performance.now(), signal);
      plan = this.#planFor(member, report.deferred);
      if (signal.aborted) break;
    }
    // Overtaken by a newer one, or forgotten: what it would be told may hold no longer.
    if (turn !== member.turn) return undefined;
    if (!plan && this.#isClosed) throw stopping();
    if (!plan) return undefined;
    member.sent = plan.apps;
    if (plan.retry !== undefined) member.isRetrySent = true;
    return { plan: await this.#sealed(plan) };
  }

  /** The desired states and specs that count. */
  get documents(): Documents {
    return this.#resolver.documents;
  }

  /** Takes over changes that are in the repository: looks again what the devices that they are about should have, and wakes those that should have something else. */
  adopt(changed: readonly DocumentVersion[]): void {
    if (changed.length === 0) return;
    const before = this.documents;
    this.#resolver = this.resolver(before.with(changed));
    for (const member of concernedBy(changed, before, this.members)) this.#resolveAndWake(member);
  }

  /** What resolves by these documents, or by other packets than those of the catalogue. */
  resolver(documents: Documents, named = this.catalogue.named): Resolver {
    return new Resolver(documents, named, this.paths);
  }

  isConnected(member: Member): boolean {
    return isConnected(member, this.#now());
  }

  /** The way of a device from what it last reported to a target. */
  plan({ record }: Member, target: Target): Plan {
    return makePlan(record?.state.apps ?? [], target.apps, this.#scriptsOf);
  }

  /**
   * Has a device try again what failed, without waiting for its time.
   * @throws JamesError DEVICE_UNKNOWN, HISTORY_UNKNOWN, RETRY_NOT_NEEDED
   */
  async retry(id: string, origin: Origin): Promise<Retry> {
    return this.#write(id, async (member) => {
      const { record, target } = member;
      const halt = haltOf(member);
      if (halt) throw halt;
      const failed = failedTransaction(member);
      if (!failed || !target) throw retryNotNeeded(id);
      const saved = { ...record, retry: failed.id };
      await this.#repository.devices.save([saved], [retryWished(id, failed.id, origin)]);
      this.members.setRecord(member, saved);
      member.isRetrySent = false;
      member.wake?.();
      return { revision: target.wanted.revision, transaction: failed.id };
    });
  }

  /** An operator decided what a device that was halted is to have: it gets that from now on. @throws JamesError DEVICE_UNKNOWN */
  async release(id: string, keep: Keep, origin: Origin): Promise<void> {
    await this.#write(id, async (member) => {
      await this.#reports.release(member, keep, origin);
      this.#resolve(member);
      member.wake?.();
    });
  }

  /** The catalogue changed: looks again which packets the devices that want this app should have, and wakes those that should have another. */
  packetsChanged(name: string): void {
    this.#resolver = this.resolver(this.documents);
    const find = matchOnce([...this.catalogue.named(name)]);
    for (const member of this.members.all()) {
      const { target, tagSet } = member;
      const wish = target?.wanted.apps.find((app) => app.name === name);
      if (!target || !wish) continue;
      const before = target.apps.find((app) => app.name === name);
      // Where there is none, the packets that come nearest may be others now.
      if (!before || before.digest !== find(wish, tagSet)) this.#resolveAndWake(member);
    }
  }

  /** The devices that have a packet, are about to, or should have it, by id: what they have they need to go back to. */
  needing(digest: string): readonly string[] {
    const needs = (apps: Iterable<{ digest: string }> = []): boolean =>
      [...apps].some((app) => app.digest === digest);
    return [...this.members.all()]
      .filter(({ target, record, sent }) => needs(target?.apps) || needs(sent) || needs(record?.state.apps))
      .map(({ id }) => id)
      .sort();
  }

  /** A page of the devices that a filter lets through, by id. */
  list(filter: DeviceFilter): readonly DeviceSummary[] {
    const now = this.#now();
    const page: DeviceSummary[] = [];
    for (const member of this.members.after(filter.after)) {
      if (page.length >= filter.limit) break;
      if (passes(member, filter, now)) page.push(deviceSummary(member, now));
    }
    return page;
  }

  /** Forgets a device, and what it should have of its own: when it checks in again, it is a new one. @throws JamesError DEVICE_UNKNOWN */
  async remove(id: string, request: RevisionRequest): Promise<void> {
    await this.#write(id, async (member) => {
      const { changed } = await this.#repository.devices.remove(id, request);
      this.members.remove(id);
      // What it holds open ends, and before it could be told to do away with what is no longer wanted for it.
      member.turn += 1;
      member.wake?.();
      this.adopt(changed);
    });
  }

  /** One device with everything. @throws JamesError DEVICE_UNKNOWN */
  get(id: string): DeviceView {
    return deviceView(this.members.known(id), this.documents.own(id), this.#now());
  }

  /** Lets every held check-in go and writes what is only in memory. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const member of this.members.all()) member.wake?.();
    await this.#lastSeen.close();
  }

  /** Work on a device while no report of it is written; it may be forgotten before its turn comes. @throws JamesError DEVICE_UNKNOWN */
  #write<T>(id: string, work: (member: KnownMember) => Promise<T>): Promise<T> {
    return this.#writes.take(id, () => work(this.members.known(id)));
  }

  #planFor(member: Member, deferred: string | undefined): PlanOrder | undefined {
    const { target, record } = member;
    if (!target || !record || haltOf(member) || !isPossible(member)) return undefined;
    const retry = wishedRetry(member);
    if (retry === undefined && (target.digest === member.appsDigest || isDeferred(member, deferred)))
      return undefined;
    if (target.paths.problem === undefined) {
      // It changed while the device waits, such as by an upload.
      this.paths.check(target).then(
        () => member.wake?.(),
        () => undefined,
      );
      return undefined;
    }
    const { steps, apps } = this.plan(member, target);
    const { revision, policy } = target.wanted;
    return { target: target.digest, revision, steps, apps, policy, ...(retry !== undefined && { retry }) };
  }

  /** A plan with the seal by which its revision is known again. */
  async #sealed(plan: PlanOrder): Promise<PlanOrder> {
    const revision = await this.#repository.revisions.get(plan.revision);
    return revision ? { ...plan, seal: this.#halts.seals.of(revision) } : plan;
  }

  #resolve(member: Member): void {
    member.target = this.#resolver.target(resolvable(member));
  }

  #resolveAndWake(member: Member): void {
    const before = member.target;
    this.#resolve(member);
    const isOther = member.target?.digest !== before?.digest;
    if (isOther || member.target?.wanted.revision !== before?.wanted.revision) member.wake?.();
  }

  readonly #scriptsOf = (digest: string) => this.catalogue.get(digest)?.scripts;
}
