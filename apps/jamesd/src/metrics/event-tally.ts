import { setImmediate as letOthersRun } from "node:timers/promises";
import { ERROR_CLASSES } from "@jamesd/model";
import { TRANSACTION_OUTCOMES } from "@jamesd/protocol";
import type { Transaction } from "../device/report.ts";
import type { Event, EventKind } from "../repository/event.ts";
import type { EventStore } from "../repository/event-store.ts";
import { newestSequence } from "../repository/newest-sequence.ts";
import { Distribution } from "./distribution.ts";

/** So many events are read before others have their turn, and at one look. */
const PAGE = 200;
const MOST_AT_ONCE = 20_000;
/** In seconds. */
const BOUNDS = [1, 5, 15, 60, 300, 1800];

/** How transactions ended. */
export interface TransactionCount {
  readonly outcome: Transaction["outcome"];
  /** The code of the error; "" without one, and "other" when it is none of ours: a device may say anything. */
  readonly error: string;
  count: number;
}

/**
 * What the event log tells since the start, counted. The log is read when somebody asks: who writes it knows nothing of
 * that. After long silence it takes more than one look to come to its end.
 */
export class EventTally {
  readonly #events: Pick<EventStore, "page">;
  readonly #kinds = new Map<EventKind, number>();
  readonly #transactions = new Map<string, TransactionCount>();
  readonly #durations = new Map<Transaction["outcome"], Distribution>();
  /** The sequence of the last that was counted, or that was there at the start. */
  #after: number | undefined;
  #reading: Promise<void> | undefined;

  constructor(events: Pick<EventStore, "page">) {
    this.#events = events;
    for (const outcome of TRANSACTION_OUTCOMES) this.#durations.set(outcome, new Distribution(BOUNDS));
    // Who reads next hears of it.
    this.read().catch(() => undefined);
  }

  get kinds(): ReadonlyMap<EventKind, number> {
    return this.#kinds;
  }

  get transactions(): Iterable<TransactionCount> {
    return this.#transactions.values();
  }

  /** How long they took, in seconds. */
  get durations(): ReadonlyMap<Transaction["outcome"], Distribution> {
    return this.#durations;
  }

  /** Counts what is new. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    this.#after ??= await newestSequence(this.#events);
    for (let read = 0; read < MOST_AT_ONCE; await letOthersRun()) {
      const page = await this.#events.page({ after: this.#after, limit: PAGE, isLast: false });
      for (const event of page) this.#count(event);
      const last = page.at(-1);
      if (!last) return;
      this.#after = last.sequence;
      read += page.length;
    }
  }

  #count(event: Event): void {
    this.#kinds.set(event.kind, (this.#kinds.get(event.kind) ?? 0) + 1);
    if (event.kind !== "transaction") return;
    const { outcome, error, durationMs } = event.transaction;
    const code = error === undefined ? "" : Object.hasOwn(ERROR_CLASSES, error.code) ? error.code : "other";
    const key = `${outcome} ${code}`;
    const known = this.#transactions.get(key) ?? { outcome, error: code, count: 0 };
    known.count += 1;
    this.#transactions.set(key, known);
    this.#durations.get(outcome)?.observe(durationMs / 1000);
  }
}
