import { appsDigest, type DeviceState, type Digest, stateDigest } from "@jamesd/model";
import {
  type Checkin,
  DEVICE_WIRE,
  type Followed,
  isKnownPlan,
  type PlanMessage,
  type ReadCheckinReply,
  readAsReply,
  type Transaction,
} from "@jamesd/protocol/device";
import { carryOut, stateOf } from "./carry-out.ts";
import type { Credentials } from "./connection.ts";
import { fetchAll } from "./fetch.ts";
import type { Habits } from "./habits.ts";
import { Line, type LineSettings, Refusal, Unreachable } from "./line.ts";
import { failedPause, quietPause, reconnectPause } from "./pauses.ts";
import { hexDigits, type Random, randomFor } from "./random.ts";
import { type Library, VirtualDisk } from "./virtual-disk.ts";

/** A held answer that is so late counts as lost. */
const GRACE_MS = 30_000;
/** A slow device takes up to so long for what others do at once. */
const SLOW_MS = 5_000;

/** What all devices of a fleet have in common. */
export interface DeviceSettings extends LineSettings {
  readonly seed: string;
  readonly library: Library;
  /** The chance of each transaction that a script fails. */
  readonly fail: number;
  /** How long the server is to hold a check-in at most, in seconds. */
  readonly holdSeconds: number;
  readonly intervalMs: number;
  /** Pauses after what went wrong take this part of the time that an agent takes. */
  readonly pace: number;
}

/** Who a device is. */
export interface DeviceIdentity extends Credentials {
  readonly id: string;
  readonly systemtags: readonly string[];
  /** Of machines with one certificate: which. */
  readonly machine: number;
}

/** A plan that failed, and is not wanted again before `until` (of `performance.now()`). */
interface Deferral {
  readonly target: Digest;
  readonly failures: number;
  readonly until: number;
}

/** What a server says to a check-in. */
type CheckInAnswer = ReadCheckinReply & { readonly askAgainMs: number | undefined };

/** What a device does now. */
export type Doing = "away" | "waiting" | "working" | "failed";

/** A device with the real protocol and files that are nowhere. It checks in, carries out plans and reports, until it is stopped. */
export class SimulatedDevice {
  readonly id: string;
  readonly disk: VirtualDisk;
  /** The last revision that was carried out. */
  followed: Followed = { revision: 0 };
  readonly #settings: DeviceSettings;
  readonly #habits: Habits;
  readonly #line: Line;
  readonly #random: Random;
  readonly #instance: string;
  #isStopped = false;
  #isWorking = false;
  #systemtags: readonly string[];
  #known: Digest | undefined;
  /** The server has acknowledged all there is to say. */
  #isTold = false;
  #report: Transaction | undefined;
  #deferral: Deferral | undefined;
  #failures = 0;
  #awayUntil = 0;
  #wake: (() => void) | undefined;

  constructor(settings: DeviceSettings, identity: DeviceIdentity, habits: Habits) {
    this.#settings = settings;
    this.#systemtags = identity.systemtags;
    this.#habits = habits;
    this.id = identity.id;
    this.#random = randomFor(settings.seed, identity.id, identity.machine);
    this.#instance = hexDigits(this.#random, 32);
    this.disk = new VirtualDisk(settings.library);
    this.#line = new Line(settings, identity, habits.isSlow);
  }

  get doing(): Doing {
    if (!this.#line.isConnected) return "away";
    if (this.#isWorking) return "working";
    return this.#deferral ? "failed" : "waiting";
  }

  /** True when there is nothing that the server has not acknowledged. */
  get isReported(): boolean {
    return this.#isTold;
  }

  get isConnected(): boolean {
    return this.#line.isConnected;
  }

  /** Lives, until it is stopped. @throws Error when the server sends what no device would take */
  async run(afterMs: number): Promise<void> {
    await this.#pause(afterMs);
    while (!this.#isStopped) {
      const away = this.#awayUntil - performance.now();
      if (away > 0) await this.#pause(away);
      else await this.#live();
    }
    this.#line.drop();
  }

  /** Loses its connection, and does not come back before. */
  goAway(ms: number): void {
    this.#awayUntil = performance.now() + ms;
    this.#line.drop();
    this.#wake?.();
  }

  /** Is another kind of device from now on, and says so at once unless it waits for an answer. */
  change(systemtags: readonly string[]): void {
    this.#systemtags = systemtags;
    this.#isTold = false;
    this.#wake?.();
  }

  /** Comes back at once. */
  comeBack(): void {
    this.#awayUntil = 0;
    this.wake();
  }

  /** Does not wait any longer for its time to ask. */
  wake(): void {
    this.#wake?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#line.drop();
    this.#wake?.();
  }

  /** One check-in and what follows from it. */
  async #live(): Promise<void> {
    const started = performance.now();
    const waitMs = this.#waitMs(started);
    try {
      const { plan, askAgainMs } = await this.#checkIn(waitMs);
      this.#failures = 0;
      if (plan && isKnownPlan(plan)) return await this.#follow(plan);
      const now = performance.now();
      const [tookMs, deferredMs] = [now - started, this.#deferredMs(now)];
      const { holdSeconds, intervalMs } = this.#settings;
      const quiet = { waitMs, tookMs, intervalMs, isHolding: holdSeconds > 0, askAgainMs, deferredMs };
      await this.#pause(quietPause(quiet, this.#random()));
    } catch (thrown) {
      this.#isWorking = false;
      if (!(thrown instanceof Refusal || thrown instanceof Unreachable)) throw thrown;
      if (this.#isStopped || this.#awayUntil > performance.now()) return;
      this.#failures += 1;
      this.#settings.tally.failures += 1;
      const after = thrown instanceof Refusal ? thrown.retryAfterMs : 0;
      await this.#pause(after + this.#settings.pace * reconnectPause(this.#failures, this.#random()));
    }
  }

  /** News are acknowledged at once; else the answer may be held, but not for longer than a failed plan is not wanted. */
  #waitMs(now: number): number {
    if (!this.#isTold) return 0;
    const left = this.#deferredMs(now) ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#settings.holdSeconds * 1000, left);
  }

  /** For how long the plan that failed is not wanted; undefined: it is. */
  #deferredMs(now: number): number | undefined {
    const left = Math.ceil((this.#deferral?.until ?? now) - now);
    return left > 0 ? left : undefined;
  }

  async #checkIn(waitMs: number): Promise<CheckInAnswer> {
    const { tally } = this.#settings;
    const state = stateOf(this.disk, this.#systemtags);
    const digest = stateDigest(state);
    const isNews = this.#known !== digest || this.#report !== undefined;
    const hold = Math.floor(waitMs / 1000);
    const started = performance.now();
    const { status, headers, body } = await this.#line.ask({
      ...{ method: "POST" as const, path: "/v1/checkin", timeoutMs: waitMs + GRACE_MS },
      headers: hold > 0 ? [`prefer: wait=${hold}`] : [],
      body: JSON.stringify(this.#message(state, digest, isNews)),
    });
    tally.checkIns += 1;
    const reply = status === 204 ? {} : readAsReply(DEVICE_WIRE, "checkin", JSON.parse(body.toString()));
    if (!reply) throw new Error("the answer to a check-in is none");
    if (reply.need !== undefined && this.#known !== digest) throw new Refusal("asks for the state again", 0);
    this.#known = reply.need === undefined ? digest : undefined;
    this.#report = undefined;
    this.#isTold = this.#known !== undefined;
    if (isNews) tally.reportMs.push(performance.now() - started);
    const seconds = headers.get("retry-after");
    return { ...reply, askAgainMs: seconds === undefined ? undefined : Number(seconds) * 1000 };
  }

  #message(state: DeviceState, digest: Digest, isNews: boolean): Checkin {
    const retryInMs = this.#deferredMs(performance.now());
    return {
      digest,
      followed: this.followed,
      instance: this.#instance,
      ...(this.#deferral && retryInMs !== undefined && { deferred: this.#deferral.target, retryInMs }),
      ...(isNews && { state: mutable(state), agent: "simulated/0.1.0" }),
      ...(this.#report && { transaction: this.#report }),
    };
  }

  async #follow(plan: PlanMessage): Promise<void> {
    const { tally, fail } = this.#settings;
    const isDone =
      plan.revision === this.followed.revision && appsDigest(this.disk.installed) === plan.target;
    if (isDone && !plan.reinstall) return this.#pause(this.#settings.intervalMs);
    this.#isWorking = true;
    const started = Date.now();
    await fetchAll(plan, this.disk, { line: this.#line, pause: (ms) => this.#patience(ms) });
    if (this.#habits.isSlow) await this.#pause(this.#random() * SLOW_MS * this.#settings.pace);
    const before = this.#deferral?.target === plan.target ? this.#deferral.failures : 0;
    const transaction = carryOut(plan, this.disk, {
      ...{ id: hexDigits(this.#random, 32), started, attempt: before + 1, random: this.#random },
      fail: this.#habits.isBad ? 1 : fail,
    });
    const isCommitted = transaction.outcome === "committed";
    if (isCommitted)
      this.followed = { revision: plan.revision, ...(plan.seal !== undefined && { seal: plan.seal }) };
    this.#deferral = isCommitted ? undefined : this.#deferralAfter(plan.target, before + 1);
    this.#report = transaction;
    this.#isTold = false;
    this.#isWorking = false;
    const { id, revision, outcome } = transaction;
    tally.done.push({ device: this.id, id, revision, outcome });
  }

  #deferralAfter(target: Digest, failures: number): Deferral {
    const pause = this.#settings.pace * failedPause(failures, this.#random());
    return { target, failures, until: performance.now() + pause };
  }

  /** Waits for a busy server. @throws Unreachable when it is stopped, or is to be away */
  async #patience(ms: number): Promise<void> {
    await this.#pause(ms);
    if (this.#isStopped || this.#awayUntil > performance.now())
      throw new Unreachable("is not there any more");
  }

  /** Ends early when it is woken. */
  async #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

/** The same for the protocol's types, which are not told that nobody changes it. */
function mutable({ systemtags, apps }: DeviceState): NonNullable<Checkin["state"]> {
  return { systemtags: [...systemtags], apps: apps.map((app) => ({ ...app, tags: [...app.tags] })) };
}
