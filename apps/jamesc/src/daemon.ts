import { JamesError } from "@jamesd/model";
import { type AnyPlan, monotonic, type Transaction } from "@jamesd/protocol/device";
import type { Agent } from "./agent.ts";
import { LONGEST_PAUSE_MS, quietPause, reconnectPause, toldPause } from "./backoff.ts";
import type { Cadence } from "./cadence.ts";
import type { Answered } from "./check-in.ts";
import { ConnectionLog } from "./connection-log.ts";
import {
  type Deferral,
  type Deferred,
  deferralAfter,
  deferralOf,
  deferralUntil,
  deferredAt,
  isDeferred,
} from "./deferral.ts";
import { Hearing } from "./hearing.ts";
import { Interruptions } from "./interruptions.ts";
import type { Logger } from "./log.ts";
import { retryAfterOf } from "./patience.ts";
import { pause } from "./pause.ts";
import type { Pulse } from "./pulse.ts";
import { Thrift } from "./thrift.ts";
import { isCutOff, NotYetError } from "./transaction/index.ts";

/** An answer of the server, with what the pause after it depends on. */
interface Answer {
  readonly reply: Answered;
  readonly waitMs: number;
  readonly tookMs: number;
}

/** There is nothing to do. */
export interface Quiet {
  /** How long a check-in may be held. */
  readonly waitSeconds: number;
  readonly deferred: Deferred | undefined;
}

// Proxies cut what is silent for longer; a server holds as long as it likes below that.
const LONGEST_WAIT_S = 300;

/**
 * Checks in and carries out plans until it is stopped. At any time there is at most one check-in, and one transaction: while that is prepared it is heard whether something else is wanted (`Hearing`);
 * a lost server is looked for with back-off, a failed plan is left alone for a while.
 */
export class Daemon {
  readonly #agent: Agent;
  readonly #cadence: Cadence;
  readonly #connection: ConnectionLog;
  readonly #pulse: Pulse;
  /** Check-ins in a row that failed. */
  #failures = 0;
  readonly #interruptions = new Interruptions();
  #deferral: Deferral | undefined;
  /** What the server answers to a check-in that was sent already; undefined: to none. */
  #early: Promise<Answered | undefined> = Promise.resolve(undefined);
  readonly #thrift = new Thrift();

  constructor(agent: Agent, cadence: Cadence, log: Logger, pulse: Pulse) {
    this.#agent = agent;
    this.#pulse = pulse;
    this.#cadence = cadence;
    this.#connection = new ConnectionLog(log);
    const { failed } = agent;
    this.#deferral = failed && deferralOf(failed, Date.now(), monotonic(), Math.random());
  }

  /** Ends when the signal says so. @throws JamesError when the device itself is broken */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const answer = await this.#ask(signal);
      if (!answer || (await this.#follow(answer, signal))) continue;
      // The report as well is behind it.
      if (!this.#agent.hasReport) this.#thrift.quiet();
      await this.#pause(this.#pauseAfter(answer), signal);
    }
  }

  /**
   * The same until there is nothing to do; drift is looked for once. To be called of a daemon that polls: it lets no check-in be held.
   * @returns how long somebody else may let one be held, and what it says of a deferral; undefined when there is no server
   * @throws JamesError when the device itself is broken
   */
  async settle(signal: AbortSignal): Promise<Quiet | undefined> {
    let hasLooked = false;
    while (!signal.aborted) {
      const answer = await this.#ask(signal);
      if (!answer) return undefined;
      const isBusy = await this.#follow(answer, signal);
      await this.#agent.verified();
      if (!isBusy && !hasLooked) {
        // Who waits instead does not look.
        await this.#agent.lookForDrift();
        hasLooked = true;
      }
      if (isBusy || this.#agent.hasReport) continue;
      const now = monotonic();
      return { waitSeconds: this.#holdSeconds(now), deferred: deferredAt(this.#deferral, now) };
    }
    return undefined;
  }

  /** One check-in; undefined when it failed, after a pause, or when there was something to tell meanwhile. */
  async #ask(signal: AbortSignal): Promise<Answer | undefined> {
    const early = await this.#early;
    this.#early = Promise.resolve(undefined);
    if (early) return { reply: early, waitMs: 0, tookMs: 0 };
    await this.#agent.renewIfDue(signal);
    const started = monotonic();
    const waitSeconds = this.#waitSeconds(started);
    this.#pulse.expect(started, waitSeconds * 1000);
    const { news } = this.#agent;
    try {
      const reply = await this.#agent.checkIn(
        waitSeconds,
        deferredAt(this.#deferral, started),
        AbortSignal.any([signal, news]),
      );
      return { reply, waitMs: waitSeconds * 1000, tookMs: monotonic() - started };
    } catch (thrown) {
      if (news.aborted) return undefined;
      this.#failures += 1;
      if (!signal.aborted) await this.#lose(thrown, this.#failures, signal);
      return undefined;
    }
  }

  async #lose(thrown: unknown, failures: number, signal: AbortSignal): Promise<void> {
    const ms = reconnectPause(failures, Math.random(), retryAfterOf(thrown));
    this.#connection.down(JamesError.from(thrown, "SERVER_UNREACHABLE"), ms);
    await this.#pause(ms, signal);
  }

  /** Does what the answer says; false when that is nothing. */
  async #follow(answer: Answer, signal: AbortSignal): Promise<boolean> {
    await this.#agent.acknowledge();
    this.#connection.up();
    this.#failures = 0;
    const { plan, replaced } = answer.reply;
    // A plan that leads to where the device is would be followed for ever.
    if (plan && !this.#agent.isDone(plan) && !isDeferred(this.#deferral, plan, monotonic()))
      await this.#carryOut(plan, signal);
    else if (replaced && this.#deferral?.waiting) this.#deferral = undefined;
    else if (this.#agent.stuck && deferredAt(this.#deferral, monotonic()) === undefined) await this.#mend();
    else return false;
    return true;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    this.#pulse.expect(monotonic(), ms);
    await pause(ms, AbortSignal.any([signal, this.#agent.news]));
  }

  async #carryOut(plan: AnyPlan, signal: AbortSignal): Promise<void> {
    this.#thrift.worked();
    if (this.#deferral?.target !== plan.target) this.#deferral = undefined;
    this.#pulse.expect(monotonic());
    try {
      const transaction = await this.#prepareAndSwitch(plan, signal);
      this.#interruptions.forget();
      // What comes back at once is not put right again and again.
      const isVain = this.#agent.hasLeft(transaction);
      this.#defer(isVain ? { ...transaction, outcome: "rolled-back" } : transaction, plan.retry);
    } catch (thrown) {
      if (thrown instanceof NotYetError) {
        const until = monotonic() + (thrown.retryAfterMs ?? 0);
        this.#deferral = deferralUntil(until, plan, thrown.notYet, this.#deferral);
        return;
      }
      // What is wanted instead comes with the next check-in.
      if (thrown instanceof JamesError && thrown.code === "PLAN_REPLACED") return;
      if (thrown instanceof JamesError && mayGoOn(thrown))
        return this.#lose(thrown, this.#interruptions.cut(this.#agent.fetchedBytes), signal);
      // Stopped before the switch: nothing was touched.
      if (!signal.aborted) throw thrown;
    }
  }

  async #prepareAndSwitch(plan: AnyPlan, signal: AbortSignal): Promise<Transaction> {
    const hearing = new Hearing(this.#agent, plan, this.#cadence, signal);
    const listening = hearing.listen();
    try {
      return await this.#agent.carryOut(plan, signal, hearing);
    } finally {
      hearing.begun();
      this.#early = hearing.answer;
      await listening;
    }
  }

  async #mend(): Promise<void> {
    this.#pulse.expect(monotonic());
    const stuck = await this.#agent.mend();
    if (stuck) this.#defer(stuck, undefined);
  }

  #defer(transaction: Transaction, retried: string | undefined): void {
    const now = monotonic();
    this.#deferral = deferralAfter(this.#deferral, transaction, now, Math.random(), retried);
  }

  #pauseAfter({ reply, waitMs, tookMs }: Answer): number {
    // What was found since that question went out ends no pause that begins only now.
    if (this.#agent.hasNews) return 0;
    const untilRetry = this.#untilRetry(monotonic());
    if (reply.askAgainMs !== undefined) return Math.min(toldPause(reply.askAgainMs), untilRetry);
    // That was a greeting or a report; the question that may be held comes now.
    if (waitMs === 0 && !this.#cadence.poll) return 0;
    const { intervalMs } = this.#cadence;
    const rest = quietPause({ intervalMs, waitMs, tookMs }, Math.random());
    return Math.min(rest, untilRetry);
  }

  /**
   * A check-in that defers a plan is not held longer than the plan is deferred. The first one, and one with a report,
   * is answered at once: the answer tells that the server is there and has it.
   */
  #waitSeconds(now: number): number {
    return this.#cadence.poll || !this.#connection.isUp || this.#agent.hasReport ? 0 : this.#holdSeconds(now);
  }

  #holdSeconds(now: number): number {
    const ms = Math.min(this.#cadence.intervalMs, this.#untilRetry(now));
    return Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil(ms / 1000)));
  }

  #untilRetry(now: number): number {
    const left = (this.#deferral?.until ?? 0) - now;
    return left > 0 ? left : LONGEST_PAUSE_MS;
  }
}

/**
 * A plan that a lost server cut short comes again with the next check-in, and what was fetched is kept; a device that
 * could not note how it went is recovered before anything else then. After anything else only a new process can know
 * the device's state.
 */
function mayGoOn(error: JamesError): boolean {
  if (error.code === "AGENT_REPLACED") return false;
  return isCutOff(error) || error.class === "device";
}
