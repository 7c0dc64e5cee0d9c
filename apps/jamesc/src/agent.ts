import { appsDigest, type DeviceState, JamesError, type Tag } from "@jamesd/model";
import {
  type AnyPlan,
  type Checkin,
  type DeviceClient,
  isKnownPlan,
  type Preparing,
  type Transaction,
} from "@jamesd/protocol/device";
import { type Answered, CheckIns } from "./check-in.ts";
import type { Deferred, Failed } from "./deferral.ts";
import type { DriftWatch } from "./drift-watch.ts";
import type { Renewal } from "./identity/renewal.ts";
import type { Logger } from "./log.ts";
import { ServerClock } from "./server-clock.ts";
import type { Device, Onlooker, Remote } from "./transaction/index.ts";

/** What the agent is made of. */
export interface AgentParts {
  readonly device: Device;
  readonly client: DeviceClient;
  readonly remote: Remote;
  readonly watch: DriftWatch;
  readonly renewal: Renewal;
  readonly systemTags: readonly Tag[];
  /** What it calls itself (`instanceOf`). */
  readonly instance: string;
  readonly log: Logger;
}

/** The two things an agent does: it checks in, and it carries out a plan. Both at once only until the device begins to change; the caller sees to it. */
export class Agent {
  readonly #parts: AgentParts;
  readonly #checkIns: CheckIns;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#checkIns = new CheckIns(parts.client, parts.instance, new ServerClock(parts.log));
  }

  /** Reports the state, and the last transaction until the server has it, and gives the server's answer. */
  async checkIn(
    waitSeconds: number,
    deferred: Deferred | undefined,
    signal: AbortSignal,
    preparing?: Preparing,
  ): Promise<Answered> {
    const { device, watch, renewal } = this.#parts;
    const state = this.#state();
    const { followed } = device;
    const transaction = device.pendingReport();
    const { report: drift, verifying, verified } = watch;
    const unmerged = device.unmerged();
    const told = { state, transaction, followed, deferred, preparing, drift, verifying, verified };
    const report = { ...told, unmerged, waitSeconds };
    const reply = await this.#checkIns.send(report, signal).catch((thrown: unknown) => {
      if (!signal.aborted) renewal.refused(thrown);
      throw thrown;
    });
    // What is prepared may turn out to have to wait before this is heard.
    if (!preparing && !reply.plan && (!deferred?.waiting || reply.replaced)) device.waitsNoMore();
    await renewal.answered(reply.renew === true);
    watch.told(verified);
    if (reply.verify !== undefined) watch.verify(reply.verify);
    return reply;
  }

  /** What a check-in would say that only asks. */
  question(deferred: Deferred | undefined): Checkin {
    return this.#checkIns.question({ state: this.#state(), followed: this.#parts.device.followed, deferred });
  }

  /** Renews the certificate when it is time, to be called before a check-in. @param isBusy something is downloaded meanwhile */
  renewIfDue(signal: AbortSignal, isBusy = false): Promise<void> {
    return this.#parts.renewal.before(signal, isBusy);
  }

  /** True when there is something that the server has not heard of, be it by which certificate this device is known now. */
  get hasReport(): boolean {
    const { device, renewal } = this.#parts;
    return device.pendingReport() !== undefined || this.hasNews || renewal.isTrying;
  }

  /** True when there is something to tell of drift, or the certificate is to be renewed. */
  get hasNews(): boolean {
    const { report, verified } = this.#parts.watch;
    return verified !== undefined || this.#checkIns.isNews(report) || this.isToRenew;
  }

  /** True when the next check-in renews the certificate first. */
  get isToRenew(): boolean {
    return this.#parts.renewal.isDue;
  }

  /** Looks for drift from time to time, until it is stopped. */
  watchDrift(): Promise<void> {
    return this.#parts.watch.run();
  }

  /** Looks for drift once. */
  lookForDrift(): Promise<void> {
    return this.#parts.watch.lookOnce();
  }

  /** Waits until the look that an operator asked for has ended, if there is one. */
  verified(): Promise<void> {
    return this.#parts.watch.settled;
  }

  /** Aborts as soon as there is something to tell that a held check-in need not wait for. */
  get news(): AbortSignal {
    return this.#parts.watch.news;
  }

  /** Forgets the report that a check-in has delivered. */
  async acknowledge(): Promise<void> {
    const report = this.#parts.device.pendingReport();
    if (report) await this.#parts.device.acknowledgeReport(report.id);
  }

  /** The plan that failed last, as far as the device remembers it. */
  get failed(): Failed | undefined {
    const { failures } = this.#parts.device;
    return failures?.last && { target: failures.target, failures: failures.count, ...failures.last };
  }

  /** The transaction that the device is stuck in, if it is. */
  get stuck(): Transaction | undefined {
    return this.#parts.device.stuck;
  }

  /** Bytes that are fetched and not yet installed. */
  get fetchedBytes(): number {
    return this.#parts.device.fetchedBytes;
  }

  /** Tries again to undo what the device is stuck in. @returns that transaction when it still is */
  async mend(): Promise<Transaction | undefined> {
    await this.#parts.device.recover();
    // That it tells its state is how the server hears of the end of what had no transaction.
    if (!this.stuck) this.#checkIns.forget();
    return this.stuck;
  }

  /** True when the plan leads to where the device is: following it again would never end. */
  isDone(plan: AnyPlan): boolean {
    const { device } = this.#parts;
    const { target, revision } = plan;
    if (isKnownPlan(plan) && (plan.repair || plan.reinstall)) return false;
    return !device.stuck && device.revision === revision && appsDigest(device.installed) === target;
  }

  /** True when a transaction that was to put drift right has left some. */
  hasLeft({ repair }: Transaction): boolean {
    return repair === true && (this.#parts.watch.report?.count ?? 0) > 0;
  }

  /** One transaction. @throws as `Device.carryOut` */
  async carryOut(plan: AnyPlan, signal: AbortSignal, onlooker?: Onlooker): Promise<Transaction> {
    const { device, remote, watch, log } = this.#parts;
    const steps = isKnownPlan(plan) ? plan.steps.length : undefined;
    log.info({ revision: plan.revision, steps, target: plan.target }, "plan received");
    const transaction = await device.carryOut(plan, remote, signal, onlooker).catch((thrown: unknown) => {
      const isReplaced = thrown instanceof JamesError && thrown.code === "PLAN_REPLACED";
      if (isReplaced) log.info({ revision: plan.revision }, "plan left: something else is wanted");
      throw thrown;
    });
    // Before the server is told: or it would want once more put right what is right.
    await watch.lookAgain(transaction);
    const { id, revision, outcome, attempt, durationMs } = transaction;
    const failure = failureOf(transaction);
    const details = { id, revision, outcome, attempt, durationMs };
    if (failure)
      log.error(
        { ...details, ...failure.toBody() },
        outcome === "stuck" ? "transaction stuck" : "transaction undone",
      );
    else log.info(details, "transaction committed");
    return transaction;
  }

  // Of what is not known nothing is said.
  #state(): DeviceState | undefined {
    const { device, systemTags } = this.#parts;
    return device.isKnown ? { systemtags: systemTags, apps: device.installed } : undefined;
  }
}

/** Why a transaction was undone, as an error to throw or show; undefined when it was committed. */
export function failureOf(transaction: Transaction): JamesError | undefined {
  if (transaction.outcome === "committed") return undefined;
  return transaction.error
    ? JamesError.fromBody(transaction.error)
    : new JamesError("TRANSACTION_FAILED", `revision ${transaction.revision} could not be installed`);
}
