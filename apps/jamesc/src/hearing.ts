import { setImmediate } from "node:timers/promises";
import { JamesError } from "@jamesd/model";
import {
  type AnyPlan,
  monotonic,
  type Preparing,
  type ReadCheckinReply,
  type Transaction,
} from "@jamesd/protocol/device";
import type { Agent } from "./agent.ts";
import { quietPause, reconnectPause } from "./backoff.ts";
import type { Cadence } from "./cadence.ts";
import type { Answered } from "./check-in.ts";
import { goOf } from "./deferral.ts";
import { retryAfterOf } from "./patience.ts";
import { pause } from "./pause.ts";
import type { Came, Onlooker } from "./transaction/index.ts";

/** While much is fetched, the server hears at least so often how much has come. */
const TELL_MS = 10_000;

/**
 * Goes on checking in while a plan is prepared: tells how much of it has come, and has it left when the server wants
 * something else. It ends when the device begins to change. The server hears of the commit while the device clears up.
 */
export class Hearing implements Onlooker {
  readonly #agent: Agent;
  readonly #plan: AnyPlan;
  readonly #cadence: Cadence;
  readonly #outer: AbortSignal;
  readonly #replaced = new AbortController();
  readonly #ended = new AbortController();
  #look: (() => Came) | undefined;
  #answer: Promise<Answered | undefined> = Promise.resolve(undefined);

  /** @param outer ends it, and whatever it asks */
  constructor(agent: Agent, plan: AnyPlan, cadence: Cadence, outer: AbortSignal) {
    this.#agent = agent;
    this.#plan = plan;
    this.#cadence = cadence;
    this.#outer = outer;
  }

  get replaced(): AbortSignal {
    return this.#replaced.signal;
  }

  fetching(look: () => Came): void {
    this.#look = look;
  }

  begun(): void {
    this.#ended.abort();
  }

  async committed({ repair }: Transaction): Promise<void> {
    // Of a repair the server is told with what the next look for drift says.
    if (repair) return;
    this.#answer = this.#agent.checkIn(0, undefined, this.#outer).catch(() => undefined);
    // The request goes out now; from here on nothing else is done until all is cleared away.
    await setImmediate();
  }

  /** What the server answered when it was told of the commit; undefined when it was not, or did not answer. */
  get answer(): Promise<Answered | undefined> {
    return this.#answer;
  }

  /** Listens until it has ended. That the server cannot be reached is the business of who fetches. */
  async listen(): Promise<void> {
    const signal = AbortSignal.any([this.#outer, this.#ended.signal]);
    for (let failures = 0; !signal.aborted; ) {
      const ms = await this.#ask(signal).catch((thrown) => {
        failures += 1;
        return reconnectPause(failures, Math.random(), retryAfterOf(thrown));
      });
      await pause(ms, signal);
    }
  }

  /** One check-in. @returns how long to wait before the next one */
  async #ask(signal: AbortSignal): Promise<number> {
    const intervalMs = Math.min(TELL_MS, this.#cadence.intervalMs);
    const waitMs = this.#cadence.poll ? 0 : Math.max(1000, intervalMs);
    await this.#agent.renewIfDue(signal, true);
    const started = monotonic();
    const reply = await this.#agent.checkIn(Math.ceil(waitMs / 1000), undefined, signal, this.#preparing());
    if (isReplaced(reply, this.#plan)) {
      this.#replaced.abort(replacedError(this.#plan));
      this.#ended.abort();
    }
    return quietPause({ intervalMs, waitMs, tookMs: monotonic() - started }, Math.random());
  }

  #preparing(): Preparing {
    const { target, revision } = this.#plan;
    const go = goOf(this.#plan);
    return { target, revision, ...this.#came(), ...(go !== undefined && { go }) };
  }

  #came(): Came | undefined {
    try {
      return this.#look?.();
    } catch {
      // The folder is gone, or cannot be read: who fetches says so.
      return undefined;
    }
  }
}

/** Also by the plan that a server sends again which does not know of preparing. */
function isReplaced({ replaced, plan }: ReadCheckinReply, current: AnyPlan): boolean {
  if (replaced) return true;
  return plan !== undefined && (plan.target !== current.target || plan.revision !== current.revision);
}

function replacedError({ revision }: AnyPlan): JamesError {
  return new JamesError("PLAN_REPLACED", `revision ${revision} is not wanted any more; it was not begun`, {
    hint: "jamesc asks at once what is wanted now.",
  });
}
