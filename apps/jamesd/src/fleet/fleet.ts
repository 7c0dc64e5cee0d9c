import { type App, appsDigest, JamesError, makePlan, parseApps, resolveApps } from "@jamesd/model";
import type {
  Checkin,
  CheckinReply,
  DesiredChange,
  Device,
  DeviceInfo,
  PlanMessage,
  ReplyOf,
} from "@jamesd/protocol";
import type { Catalogue } from "../catalogue.ts";
import type { Repository, RevisionRequest } from "../repository/repository.ts";
import { Turns } from "../turns.ts";
import { checkPaths } from "./check-paths.ts";
import { deviceInfo, deviceView, wireApp } from "./device-view.ts";
import {
  failedTransaction,
  isAnswer,
  isDeferred,
  type Member,
  newMember,
  setRecord,
  wishedRetry,
} from "./member.ts";
import { parseState } from "./parse-state.ts";
import { noPacketFulfils } from "./unfulfilled.ts";

/** How a desired state is set. */
export interface DesiredRequest extends RevisionRequest {
  readonly id: string;
  readonly apps: readonly App[];
  /** The revision that it is meant to follow, when that was said. */
  readonly expected: number | undefined;
}

const TOUCH_EVERY_MS = 10_000;

/**
 * The devices: what each reported, what each should have, and who is waiting for an answer. Held in memory, so that an
 * unchanged check-in costs no I/O; whatever must not be forgotten is in the repository before anyone is told of it.
 */
export class Fleet {
  readonly #members = new Map<string, Member>();
  readonly #catalogue: Catalogue;
  readonly #repository: Repository;
  readonly #touched = new Map<string, number>();
  readonly #writes = new Turns();
  readonly #toucher: NodeJS.Timeout;
  readonly #now: () => number;
  #isClosed = false;

  private constructor(catalogue: Catalogue, repository: Repository, now: () => number) {
    this.#catalogue = catalogue;
    this.#repository = repository;
    this.#now = now;
    this.#toucher = setInterval(
      () => void this.#writeTouched().catch(() => undefined),
      TOUCH_EVERY_MS,
    ).unref();
  }

  static async load(catalogue: Catalogue, repository: Repository, now: () => number): Promise<Fleet> {
    const fleet = new Fleet(catalogue, repository, now);
    for (const record of await repository.devices()) setRecord(fleet.#member(record.id), record);
    for (const desired of await repository.desiredStates()) fleet.#member(desired.id).desired = desired;
    for (const member of fleet.#members.values()) fleet.#resolve(member);
    return fleet;
  }

  /**
   * A device's report and question. The answer comes when there is something to do, or after `waitMs`, or when the
   * signal says that nobody waits any more. Undefined: nothing to do.
   * @throws JamesError SERVER_STOPPING instead of that, when the fleet was closed
   */
  async checkIn(
    id: string,
    checkin: Checkin,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<CheckinReply | undefined> {
    const member = this.#member(id);
    this.#touch(member);
    member.turn += 1;
    member.sent = undefined;
    const { turn } = member;
    // A newer connection of the same device replaces the one that was held.
    member.wake?.();
    if (checkin.state || checkin.transaction)
      await this.#writes.take(id, () => this.#takeReport(member, checkin));
    if (member.stateDigest !== checkin.digest) return { need: "state" };
    // Not the clock that people set: a step of it would hold the answer for as long.
    const until = performance.now() + waitMs;
    let plan = this.#planFor(member, checkin.deferred);
    // Woken for nothing, such as a change that asks nothing of this device, it waits on.
    while (!plan && !this.#isClosed && turn === member.turn && performance.now() < until) {
      await this.#wait(member, until - performance.now(), signal);
      plan = this.#planFor(member, checkin.deferred);
      if (signal.aborted) break;
    }
    if (!plan && this.#isClosed) throw stopping();
    if (!plan) return undefined;
    member.sent = turn === member.turn ? plan.apps : undefined;
    if (plan.retry !== undefined) member.isRetrySent = true;
    return { plan };
  }

  /** Sets what a device should have. @throws JamesError DEVICE_UNKNOWN, NO_PACKET_FULFILS, PATH_CONFLICT, REVISION_CONFLICT; then nothing has changed */
  async setDesired({ id, apps, expected, ...request }: DesiredRequest): Promise<DesiredChange> {
    const member = this.#known(id);
    const wishes = parseApps(apps);
    const { apps: packets, unfulfilled } = resolveApps(
      wishes,
      member.record?.state.systemtags ?? [],
      this.#catalogue.named,
    );
    for (const wish of unfulfilled) throw noPacketFulfils(id, wish);
    await checkPaths(packets, this.#repository);
    const { desired, changed } = await this.#repository.setDesired(id, wishes, request, expected);
    member.desired = desired;
    this.#resolve(member);
    if (changed) member.wake?.();
    const { steps } = makePlan(member.record?.state.apps ?? [], packets, this.#scriptsOf);
    return { revision: desired.revision, changed, target: appsDigest(packets), steps: [...steps] };
  }

  /**
   * Has a device try again what failed, without waiting for its time.
   * @throws JamesError DEVICE_UNKNOWN, RETRY_NOT_NEEDED
   */
  async retry(id: string): Promise<ReplyOf<"retry">> {
    const member = this.#known(id);
    // Not while a report of the same device is written: one would undo the other.
    return this.#writes.take(id, async () => {
      const { record, desired } = member;
      const failed = failedTransaction(member);
      if (!failed || !record || !desired) throw retryNotNeeded(id);
      const saved = { ...record, retry: failed.id };
      await this.#repository.saveDevices([saved]);
      setRecord(member, saved);
      member.isRetrySent = false;
      member.wake?.();
      return { revision: desired.revision, transaction: failed.id };
    });
  }

  /** The catalogue changed: looks again which packets the devices that want this app should have, and wakes them. */
  packetsChanged(name: string): void {
    for (const member of this.#members.values()) {
      if (!member.desired?.apps.some((app) => app.name === name)) continue;
      const before = member.target?.digest;
      this.#resolve(member);
      if (member.target?.digest !== before) member.wake?.();
    }
  }

  /** The devices that have a packet, are about to, or should have it, by id: what they have they need to go back to. */
  needing(digest: string): readonly string[] {
    const needs = (apps: Iterable<{ digest: string }> = []): boolean =>
      [...apps].some((app) => app.digest === digest);
    return [...this.#members.values()]
      .filter(({ target, record, sent }) => needs(target?.apps) || needs(sent) || needs(record?.state.apps))
      .map(({ id }) => id)
      .sort();
  }

  /** Every device, by id. */
  list(): readonly DeviceInfo[] {
    return [...this.#members.values()]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map((member) => deviceInfo(member, this.#now()));
  }

  /** One device with everything. @throws JamesError DEVICE_UNKNOWN */
  get(id: string): Device {
    return deviceView(this.#known(id), this.#now());
  }

  /** Lets every held check-in go and writes what is only in memory. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#toucher);
    for (const member of this.#members.values()) member.wake?.();
    await this.#writeTouched();
  }

  async #takeReport(member: Member, checkin: Checkin): Promise<void> {
    const state = checkin.state ? parseState(checkin.state, checkin.digest) : member.record?.state;
    // A report without a state from a device that the server does not know: it is asked for the state, and reports again.
    if (!state) return;
    const { record } = member;
    const saved = {
      id: member.id,
      state,
      agent: checkin.agent ?? record?.agent ?? "",
      lastSeen: this.#now(),
      transaction: checkin.transaction ?? record?.transaction ?? null,
      retry: isAnswer(checkin.transaction, member) ? null : (record?.retry ?? null),
    };
    await this.#repository.saveDevices([saved]);
    const systemTagsChanged = record?.state.systemtags.join() !== state.systemtags.join();
    setRecord(member, saved);
    if (systemTagsChanged) this.#resolve(member);
  }

  #planFor(member: Member, deferred: string | undefined): PlanMessage | undefined {
    const { target, desired, record } = member;
    if (!target || !desired || !record || target.unfulfilled.length > 0) return undefined;
    const retry = wishedRetry(member);
    if (retry === undefined && (target.digest === member.appsDigest || isDeferred(member, deferred)))
      return undefined;
    const { steps, apps } = makePlan(record.state.apps, target.apps, this.#scriptsOf);
    return {
      target: target.digest,
      revision: desired.revision,
      steps: [...steps],
      apps: apps.map(wireApp),
      policy: desired.policy,
      ...(retry !== undefined && { retry }),
    };
  }

  #wait(member: Member, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cut = (): void => {
        member.isCut = true;
        done();
      };
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", cut);
        if (member.wake === done) member.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      signal.addEventListener("abort", cut);
      member.wake = done;
      // It may have gone while its report was written: then no event comes any more.
      if (signal.aborted) cut();
    });
  }

  #resolve(member: Member): void {
    const { desired, record } = member;
    if (!desired) return;
    const { apps, unfulfilled } = resolveApps(
      desired.apps,
      record?.state.systemtags ?? [],
      this.#catalogue.named,
    );
    member.target = { apps, unfulfilled, digest: appsDigest(apps) };
  }

  #member(id: string): Member {
    const member = this.#members.get(id) ?? newMember(id);
    this.#members.set(id, member);
    return member;
  }

  #known(id: string): Member {
    const member = this.#members.get(id);
    if (member?.record) return member;
    throw new JamesError("DEVICE_UNKNOWN", `no device ${JSON.stringify(id)} has ever checked in`, {
      hint: "list-devices shows those that have; a device's id is the common name of its certificate.",
    });
  }

  #touch(member: Member): void {
    member.lastSeen = this.#now();
    member.isCut = false;
    this.#touched.set(member.id, member.lastSeen);
  }

  async #writeTouched(): Promise<void> {
    const seen = new Map(this.#touched);
    this.#touched.clear();
    if (seen.size > 0) await this.#repository.touchDevices(seen);
  }

  readonly #scriptsOf = (digest: string) => this.#catalogue.get(digest)?.scripts;
}

// A device that hears this looks for the server again in a moment, and not after its interval.
function stopping(): JamesError {
  return new JamesError("SERVER_STOPPING", "the server is stopping", {
    hint: "It may be back in a moment; try again.",
  });
}

function retryNotNeeded(id: string): JamesError {
  return new JamesError("RETRY_NOT_NEEDED", `${id} has no failed transaction for what it should have`, {
    hint: `See jamesd-ctl get-device --id ${id}.`,
  });
}
