import { type DriftReport, NO_DRIFT, sameDrift } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import { jittered } from "./backoff.ts";
import type { Logger } from "./log.ts";
import { pause } from "./pause.ts";
import { AT_ONCE, type Budget, type Device } from "./transaction/index.ts";

/** How often, and how fast, the device is looked at. */
export interface Watchfulness {
  /** Only when somebody asks. */
  readonly noDrift: boolean;
  readonly driftIntervalMs: number;
  /** After how long all contents are compared again. */
  readonly driftFullMs: number;
  /** Bytes a second to read. */
  readonly driftRate: number;
}

/** The part of a processor's time that looking may take. */
const SHARE = 0.05;
/** The same when somebody waits for what is found. */
const SHARE_ASKED = 0.5;
/** The first look is not held up by other work at the start of a device, nor does it hold that up. */
const FIRST_MS = 60_000;

/**
 * Looks for drift from time to time, and at once when somebody asks; while a transaction is under way it does not. What it
 * found is told with the next check-in; what is new in it ends the one that is held.
 */
export class DriftWatch {
  readonly #device: Device;
  readonly #how: Watchfulness;
  readonly #log: Logger;
  readonly #stop: AbortSignal;
  #settled: Promise<void> = Promise.resolve();
  #asked: { readonly id: string; isDone: boolean } | undefined;
  /** How many are under way: one that was ended by the next is over a moment later. */
  #looks = 0;
  #news = new AbortController();

  /** @param stop ends it */
  constructor(device: Device, how: Watchfulness, log: Logger, stop: AbortSignal) {
    this.#device = device;
    this.#how = how;
    this.#log = log;
    this.#stop = stop;
  }

  /** What is known of the device's drift; undefined when nobody has looked yet. */
  get report(): DriftReport | undefined {
    return this.#device.drift;
  }

  /** The wish for a full look that is at work. */
  get verifying(): string | undefined {
    return this.#asked && !this.#asked.isDone ? this.#asked.id : undefined;
  }

  /** The wish for a full look that the report answers. */
  get verified(): string | undefined {
    return this.#asked?.isDone ? this.#asked.id : undefined;
  }

  /** Aborts as soon as there is something to tell. */
  get news(): AbortSignal {
    return this.#news.signal;
  }

  /** The server knows what was told. */
  told(verified: string | undefined): void {
    if (verified !== undefined && this.#asked?.id === verified) this.#asked = undefined;
  }

  /** Looks until it is stopped. */
  async run(): Promise<void> {
    const signal = this.#stop;
    const { noDrift, driftIntervalMs } = this.#how;
    if (noDrift) return;
    await pause(jittered(Math.min(FIRST_MS, driftIntervalMs), Math.random()), signal);
    while (!signal.aborted) {
      await this.lookOnce();
      await pause(jittered(driftIntervalMs, Math.random()), signal);
    }
  }

  /** Looks, unless that is not wanted or a look is under way: it would end that one. */
  async lookOnce(): Promise<void> {
    const { noDrift, driftFullMs, driftRate } = this.#how;
    if (!noDrift && !this.#asked && this.#looks === 0)
      await this.#look({ share: SHARE, bytesPerSecond: driftRate }, driftFullMs);
  }

  /** Begins a full look that somebody asked for, unless it is at it. */
  verify(id: string): void {
    if (this.#asked?.id === id) return;
    const asked = { id, isDone: false };
    this.#asked = asked;
    this.#settled = this.#verify(asked);
  }

  /** When no full look that somebody asked for is under way any more. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** After a transaction that put something right, or was to: looks at what something was done to, and does not rest. */
  async lookAgain({ repair }: Transaction): Promise<void> {
    if (repair) await this.#look(AT_ONCE, Number.POSITIVE_INFINITY);
  }

  async #verify(asked: { id: string; isDone: boolean }): Promise<void> {
    const budget = { share: SHARE_ASKED, bytesPerSecond: Number.POSITIVE_INFINITY };
    this.#log.info({ verify: asked.id }, "all contents are compared");
    asked.isDone = await this.#device.lookForDrift(budget, 0, this.#stop);
    if (this.#asked !== asked) return;
    // It is asked for again.
    if (!asked.isDone) this.#asked = undefined;
    this.#tell();
  }

  async #look(budget: Budget, fullAfterMs: number): Promise<void> {
    const before = this.report;
    this.#looks += 1;
    const isDone = await this.#device.lookForDrift(budget, fullAfterMs, this.#stop).finally(() => {
      this.#looks -= 1;
    });
    if (!isDone) return;
    const now = this.report;
    this.#log.debug({ paths: now?.count ?? 0 }, "looked for drift");
    if (!now || sameDrift(before ?? NO_DRIFT, now)) return;
    const { count, apps } = now;
    this.#log[count > 0 ? "warn" : "info"]({ paths: count, apps: apps.map(({ name }) => name) }, "drift");
    this.#tell();
  }

  #tell(): void {
    this.#news.abort();
    this.#news = new AbortController();
  }
}
