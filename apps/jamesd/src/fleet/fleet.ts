import type { Keep } from "../device/device-record.ts";
import type { Order, PlanOrder } from "../device/order.ts";
import type { Report } from "../device/report.ts";
import type { Catalogue } from "../packets/catalogue.ts";
import { retryWished } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import { stopping } from "../running/stopping.ts";
import { Turns } from "../running/turns.ts";
import {
  type Device,
  failedTransaction,
  haltOf,
  isConnected,
  isDeferred,
  isNewlyFollowed,
  isPossible,
  type KnownDevice,
  wishedRetry,
} from "./device.ts";
import { type DeviceFilter, passes } from "./device-filter.ts";
import { type DeviceSummary, type DeviceView, deviceSummary, deviceView } from "./device-view.ts";
import { Devices } from "./devices.ts";
import { Documents } from "./documents.ts";
import { Follower } from "./follower.ts";
import { Halts } from "./halts.ts";
import { LastSeen } from "./last-seen.ts";
import { retryNotNeeded } from "./problem.ts";
import { Reports } from "./reports.ts";
import { Targets } from "./targets.ts";
import { untilWoken } from "./until-woken.ts";

/** What an operator wants tried again. */
export interface Retry {
  /** Of the device. */
  readonly revision: number;
  /** Id of the failed transaction. */
  readonly transaction: string;
}

/** What a fleet consists of. */
interface FleetParts {
  readonly devices: Devices;
  readonly targets: Targets;
  readonly follower: Follower;
  readonly repository: Repository;
  readonly historyKey: Uint8Array;
  readonly now: () => number;
}

/**
 * The devices: what each reported, what each should have, and who is waiting for an answer. Held in memory, so that an
 * unchanged check-in costs no I/O; whatever must not be forgotten is in the repository before anyone is told of it.
 */
export class Fleet {
  readonly devices: Devices;
  readonly targets: Targets;
  readonly follower: Follower;
  readonly #repository: Repository;
  readonly #lastSeen: LastSeen;
  readonly #writes = new Turns();
  readonly #now: () => number;
  readonly #halts: Halts;
  readonly #reports: Reports;
  #isClosed = false;

  private constructor({ devices, targets, follower, repository, historyKey, now }: FleetParts) {
    this.devices = devices;
    this.targets = targets;
    this.follower = follower;
    this.#repository = repository;
    this.#now = now;
    this.#halts = new Halts(repository.revisions, historyKey);
    this.#reports = new Reports({ repository, devices, halts: this.#halts, now });
    this.#lastSeen = new LastSeen(repository.devices);
  }

  static async load(catalogue: Catalogue, repository: Repository, now: () => number): Promise<Fleet> {
    const position = await repository.feed.head();
    const documents = Documents.of(await repository.documents.all(), await repository.documents.touches());
    const historyKey = await repository.revisions.historyKey();
    const devices = new Devices();
    for (const record of await repository.devices.all()) devices.setRecord(devices.of(record.id), record);
    const targets = new Targets(catalogue, repository.packets, documents);
    for (const device of devices.all()) targets.resolve(device);
    const follower = new Follower(repository, devices, targets, position);
    await follower.follow();
    // Not before all is read: it keeps time from now on, until it is closed.
    return new Fleet({ devices, targets, follower, repository, historyKey, now });
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
    const device = this.devices.of(id);
    device.lastSeen = this.#now();
    device.isCut = false;
    this.#lastSeen.note(id, device.lastSeen);
    device.checkIns += 1;
    const { checkIns, sent } = device;
    device.sent = undefined;
    // A newer connection of the same device replaces the one that was held.
    device.wake?.();
    if (report.state || report.transaction || isNewlyFollowed(report.followed, device))
      await this.#writes.take(id, async () => {
        // Not of one that was forgotten while its report waited for its turn.
        if (!this.devices.has(device)) return;
        const mayDiffer = await this.#reports.take(device, { report, sent, origin }, this.targets.current);
        if (mayDiffer) this.targets.resolve(device);
      });
    if (device.stateDigest !== report.digest) return { tellState: true };
    // Here, so that who does not wait gets its plan as well. When it fails it is tried again when the device asks next.
    const { target } = device;
    if (target && target.digest !== device.appsDigest)
      await this.targets.paths.check(target).catch(() => null);
    // Not the clock that people set: a step of it would hold the answer for as long.
    const until = performance.now() + waitMs;
    let plan = this.#planFor(device, report.deferred);
    // Woken for nothing, such as a change that asks nothing of this device, it waits on.
    while (!plan && !this.#isClosed && checkIns === device.checkIns && performance.now() < until) {
      await untilWoken(device, until - performance.now(), signal);
      plan = this.#planFor(device, report.deferred);
      if (signal.aborted) break;
    }
    // Overtaken by a newer one, or forgotten: what it would be told may hold no longer.
    if (checkIns !== device.checkIns) return undefined;
    if (!plan && this.#isClosed) throw stopping();
    if (!plan) return undefined;
    device.sent = plan.apps;
    if (plan.retry !== undefined) device.isRetrySent = true;
    return { plan: await this.#sealed(plan) };
  }

  isConnected(device: Device): boolean {
    return isConnected(device, this.#now());
  }

  /**
   * Has a device try again what failed, without waiting for its time.
   * @throws JamesError DEVICE_UNKNOWN, HISTORY_UNKNOWN, RETRY_NOT_NEEDED
   */
  async retry(id: string, origin: Origin): Promise<Retry> {
    return this.#write(id, async (device) => {
      const { record, target } = device;
      const halt = haltOf(device);
      if (halt) throw halt;
      const failed = failedTransaction(device);
      if (!failed || !target) throw retryNotNeeded(id);
      const saved = { ...record, retry: failed.id };
      await this.#repository.devices.save([saved], [retryWished(id, failed.id, origin)]);
      await this.follower.follow();
      return { revision: target.wanted.revision, transaction: failed.id };
    });
  }

  /** An operator decided what devices are to have: those that are halted get that from now on, all or none of them. */
  async release(ids: readonly string[], keep: Keep, origin: Origin): Promise<void> {
    await this.#writes.takeAll(ids, async () => {
      // Some may have been forgotten before their turn came.
      const known = ids.map((id) => this.devices.find(id)).filter((device) => device !== undefined);
      const halted = known.filter((device) => haltOf(device) !== undefined);
      await this.#reports.release(halted, keep, origin);
      await this.follower.follow();
    });
  }

  /** The devices that have a packet, are about to, or should have it, by id: what they have they need to go back to. */
  needing(digest: string): readonly string[] {
    const needs = (apps: Iterable<{ digest: string }> = []): boolean =>
      [...apps].some((app) => app.digest === digest);
    return [...this.devices.all()]
      .filter(({ target, record, sent }) => needs(target?.apps) || needs(sent) || needs(record?.state.apps))
      .map(({ id }) => id)
      .sort();
  }

  /** A page of the devices that a filter lets through, by id. */
  list(filter: DeviceFilter): readonly DeviceSummary[] {
    const now = this.#now();
    const page: DeviceSummary[] = [];
    for (const device of this.devices.after(filter.after)) {
      if (page.length >= filter.limit) break;
      if (passes(device, filter, now)) page.push(deviceSummary(device, now));
    }
    return page;
  }

  /** Forgets a device, and what it should have of its own: when it checks in again, it is a new one. @throws JamesError DEVICE_UNKNOWN */
  async remove(id: string, request: RevisionRequest, judgedAt?: number): Promise<void> {
    await this.#write(id, async () => {
      await this.#repository.devices.remove(id, request, judgedAt);
      await this.follower.follow();
    });
  }

  /** One device with everything. @throws JamesError DEVICE_UNKNOWN */
  get(id: string): DeviceView {
    return deviceView(this.devices.known(id), this.targets.documents.own(id), this.#now());
  }

  /** Lets every held check-in go and writes what is only in memory. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const device of this.devices.all()) device.wake?.();
    await this.#lastSeen.close();
  }

  /** Work on a device while no report of it is written; it may be forgotten before its turn comes. @throws JamesError DEVICE_UNKNOWN */
  #write<T>(id: string, work: (device: KnownDevice) => Promise<T>): Promise<T> {
    return this.#writes.take(id, () => work(this.devices.known(id)));
  }

  #planFor(device: Device, deferred: string | undefined): PlanOrder | undefined {
    const { target, record } = device;
    if (!target || !record || haltOf(device) || !isPossible(device)) return undefined;
    const retry = wishedRetry(device);
    if (retry === undefined && (target.digest === device.appsDigest || isDeferred(device, deferred)))
      return undefined;
    if (target.paths.problem === undefined) {
      // It changed while the device waits, such as by an upload.
      this.targets.paths.check(target).then(
        () => device.wake?.(),
        () => undefined,
      );
      return undefined;
    }
    const { steps, apps } = this.targets.plan(device, target);
    const { revision, policy } = target.wanted;
    return { target: target.digest, revision, steps, apps, policy, ...(retry !== undefined && { retry }) };
  }

  /** A plan with the seal by which its revision is known again. */
  async #sealed(plan: PlanOrder): Promise<PlanOrder> {
    const revision = await this.#repository.revisions.get(plan.revision);
    return revision ? { ...plan, seal: this.#halts.seals.of(revision) } : plan;
  }
}
