import { setImmediate as letOthersRun, setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Event } from "../repository/event.ts";
import type { EventStore } from "../repository/event-store.ts";
import { newestSequence } from "../repository/newest-sequence.ts";
import type { WebhookStore } from "../repository/webhook-store.ts";
import type { Part } from "../running/opened.ts";
import { typeOf, type Wanted } from "./event-type.ts";
import type { Receiver } from "./receiver.ts";

const PAGE = 100;
/** After news it waits so long for more: each look reads the log. */
const GATHER_MS = 100;
/** What was not for the receiver is noted as passed after so many events, and at the end. */
const NOTE_AFTER = 1000;
/** Who says so often that it does not want an event is not told of it. */
const MOST_REFUSALS = 10;
/** It has read the event, and will not take it (RFC 9110, 15.5). */
const REFUSING: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/** What a courier works with. */
export interface CourierParts {
  readonly receiver: Receiver;
  readonly wanted: Wanted;
  readonly events: Pick<EventStore, "page" | "onNews">;
  readonly store: Pick<WebhookStore, "position" | "note">;
  /** Sends one event. @returns the status of the answer @throws Error when none came */
  readonly send: (receiver: Receiver, event: Event, signal: AbortSignal) => Promise<number>;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly pauses: Pauses;
}

/** How long one waits after a failure, in milliseconds: twice as long each time. */
export interface Pauses {
  readonly firstMs: number;
  readonly mostMs: number;
  /** A number from 0 to under 1. */
  readonly random: () => number;
}

/** How it went. */
export interface CourierCounts {
  delivered: number;
  failed: number;
  refused: number;
  /** Times that events were deleted before the receiver was told of them. */
  lost: number;
}

/**
 * Tells one receiver of events, one after the other in their order, each at least once: it is told again until it says
 * that it has it. How far it is, is durable after each.
 */
export class Courier implements Part {
  readonly #parts: CourierParts;
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;
  readonly #unsubscribe: () => void;
  readonly #counts: CourierCounts = { delivered: 0, failed: 0, refused: 0, lost: 0 };
  /** Of the last event that it was told of, or that was not for it. */
  #position = 0;
  #noted = 0;
  #telling: Event | undefined;
  #heard = Promise.withResolvers<void>();

  constructor(parts: CourierParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.events.onNews(() => this.#heard.resolve());
    this.#work = this.#run();
  }

  get name(): string {
    return this.#parts.receiver.name;
  }

  get counts(): Readonly<CourierCounts> {
    return this.#counts;
  }

  /** When the event happened that it is being told of, in milliseconds since the epoch; undefined: it knows all. */
  get waitsSince(): number | undefined {
    return this.#telling?.time;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#stop.abort();
    this.#heard.resolve();
    await this.#work;
    if (this.#position > this.#noted) await this.#note();
  }

  async #run(): Promise<void> {
    let isBegun = false;
    for (let failures = 0; !this.#isStopped; )
      try {
        if (isBegun) await this.#tellAll();
        else await this.#begin();
        isBegun = true;
        failures = 0;
      } catch (err) {
        this.#parts.log.warn({ err, webhook: this.name }, "events could not be read for a webhook");
        failures += 1;
        await this.#pause(failures);
      }
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Where it was; who is new hears of what comes from now on. */
  async #begin(): Promise<void> {
    const { store, receiver, events } = this.#parts;
    const known = await store.position(receiver.key);
    this.#position = known ?? (await newestSequence(events));
    this.#noted = this.#position;
    if (known === undefined) await this.#note();
  }

  /** Tells of all that there is, and waits for more. */
  async #tellAll(): Promise<void> {
    this.#heard = Promise.withResolvers();
    const { events, wanted } = this.#parts;
    const newest = await newestSequence(events);
    await this.#passDeleted();
    for (;;) {
      const query = { after: this.#position, kinds: wanted.kinds, limit: PAGE, isLast: false };
      const page = await events.page(query);
      for (const event of page) {
        const isFor = wanted.types.has(typeOf(event));
        if (isFor && !(await this.#tell(event))) return;
        this.#position = event.sequence;
        if (isFor) await this.#note();
      }
      if (page.length === 0) break;
      await letOthersRun();
    }
    this.#position = Math.max(this.#position, newest);
    if (this.#position - this.#noted >= NOTE_AFTER) await this.#note();
    await this.#heard.promise;
    await this.#sleep(GATHER_MS);
  }

  /** @returns false: it was stopped before the receiver had it */
  async #tell(event: Event): Promise<boolean> {
    this.#telling = event;
    const isDone = await this.#tellUntilHeard(event);
    this.#telling = undefined;
    return isDone;
  }

  async #tellUntilHeard(event: Event): Promise<boolean> {
    for (let [failures, refusals] = [0, 0]; !this.#isStopped; ) {
      const problem = await this.#send(event);
      if (problem === undefined) return true;
      failures += 1;
      refusals += problem.isRefusal ? 1 : 0;
      const said = { webhook: this.name, sequence: event.sequence, failures, problem: problem.what };
      if (refusals >= MOST_REFUSALS) {
        this.#counts.refused += 1;
        this.#parts.log.warn(said, "a webhook does not take an event, and is not told of it");
        return true;
      }
      // At the first, the second, the fourth …: it may fail for days.
      if (Number.isInteger(Math.log2(failures))) this.#parts.log.warn(said, "a webhook could not be told");
      await this.#pause(failures);
    }
    return false;
  }

  async #send(event: Event): Promise<{ what: string; isRefusal: boolean } | undefined> {
    const { receiver, send } = this.#parts;
    try {
      const status = await send(receiver, event, this.#stop.signal);
      if (status >= 200 && status < 300) {
        this.#counts.delivered += 1;
        return undefined;
      }
      this.#counts.failed += 1;
      return { what: `it answered ${status}`, isRefusal: REFUSING.has(status) };
    } catch (thrown) {
      this.#counts.failed += 1;
      return { what: (thrown as Error).message, isRefusal: false };
    }
  }

  /** Says when events are gone that it was not told of: they were older than is kept. */
  async #passDeleted(): Promise<void> {
    const [oldest] = await this.#parts.events.page({ limit: 1, isLast: false });
    if (!oldest || oldest.sequence <= this.#position + 1) return;
    this.#counts.lost += 1;
    this.#parts.log.warn(
      { webhook: this.name, from: this.#position + 1, to: oldest.sequence - 1 },
      "events were deleted before a webhook could be told of them",
    );
    this.#position = oldest.sequence - 1;
    await this.#note();
  }

  async #note(): Promise<void> {
    await this.#parts.store.note(this.#parts.receiver.key, this.#position);
    this.#noted = this.#position;
  }

  // Up to a half sooner, so that many who failed together do not come together.
  async #pause(failures: number): Promise<void> {
    const { firstMs, mostMs, random } = this.#parts.pauses;
    const longest = Math.min(mostMs, firstMs * 2 ** (failures - 1));
    await this.#sleep(longest * (1 - random() / 2));
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false, signal: this.#stop.signal }).catch(() => undefined);
  }
}
