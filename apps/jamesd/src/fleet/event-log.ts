import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "../repository/event.ts";
import type { EventQuery, EventStore } from "../repository/event-store.ts";
import { newestSequence } from "../repository/newest-sequence.ts";
import { stopping } from "../running/stopping.ts";
import { type Devices, unknownDevice } from "./devices.ts";

/** Those who follow hear of news at most so often: each looks into the log. */
const GATHER_MS = 100;

/** Which events are asked for; `device` is an id. */
export interface EventRequest extends Omit<EventQuery, "device"> {
  readonly device?: string | undefined;
}

type Known = Pick<Devices, "tagSetOf">;

/** Reads the event log, and waits for what comes. */
export class EventLog {
  readonly #events: Pick<EventStore, "page" | "onNews">;
  readonly #devices: Known;
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #unsubscribe: () => void;
  /** Counts the calls that there is news. */
  #heard = 0;
  #isGathering = false;
  #isClosed = false;

  constructor(events: Pick<EventStore, "page" | "onNews">, devices: Known) {
    this.#events = events;
    this.#devices = devices;
    this.#unsubscribe = events.onNews(() => this.#hear());
  }

  /**
   * A page of events by their sequence. When there is none it is waited for, for `waitMs`, or until the signal says that
   * nobody waits any more; an empty page is the end for now.
   * @throws JamesError DEVICE_UNKNOWN when the log knows nothing of the device either; SERVER_STOPPING instead of an empty page, when the log was closed
   */
  async page(
    { device, ...request }: EventRequest,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<readonly Event[]> {
    const query = { ...request, device: device === undefined ? undefined : await this.#subject(device) };
    const until = performance.now() + waitMs;
    let { after = 0 } = request;
    for (;;) {
      const heard = this.#heard;
      // What was looked at once is not looked at again at each piece of news, however few events fit.
      const newest = waitMs === 0 ? after : await newestSequence(this.#events);
      const events = await this.#events.page({ ...query, after });
      after = Math.max(after, newest);
      const restMs = until - performance.now();
      if (events.length > 0 || signal.aborted || waitMs === 0) return events;
      if (this.#isClosed) throw stopping();
      if (restMs <= 0) return events;
      if (heard === this.#heard)
        await once(this.#news, "news", {
          signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(restMs))]),
        }).catch(() => undefined);
    }
  }

  /** Lets all go who wait. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#tell();
  }

  async #subject(id: string) {
    const known = this.#devices.tagSetOf(id);
    if (known) return { id, tags: known.tags };
    // A device that was removed has left its events.
    const subject = { id, tags: [] };
    const [event] = await this.#events.page({ device: subject, limit: 1, isLast: true });
    if (!event) throw unknownDevice(id);
    return subject;
  }

  #hear(): void {
    if (this.#isGathering || this.#news.listenerCount("news") === 0) {
      this.#heard += 1;
      return;
    }
    this.#isGathering = true;
    void sleep(GATHER_MS, undefined, { ref: false }).then(() => {
      this.#isGathering = false;
      this.#tell();
    });
  }

  #tell(): void {
    this.#heard += 1;
    this.#news.emit("news");
  }
}
