import type { Logger } from "pino";
import { addressGroup, plainAddress } from "./address-group.ts";

/** A connection that is refused or ended. */
export interface Refusal {
  readonly from: string | undefined;
  /** Who it says that it is, where it has said that. */
  readonly name?: string | undefined;
  readonly reason: string;
}

/** How many lines there are in the log, in so many milliseconds. */
export interface RefusalSettings {
  readonly windowMs: number;
  readonly most: number;
  /** From one place on the network (`addressGroup`). */
  readonly mostOfAddress: number;
}

export const REFUSAL_LINES: RefusalSettings = { windowMs: 60_000, most: 30, mostOfAddress: 3 };

/** The part of a name that is written: it comes from who has not proved anything. */
const MAX_NAME = 200;

/** Says in the log who was refused and why, one line each; of those that come too often only how many there were. */
export class Refusals {
  readonly #log: Pick<Logger, "info">;
  readonly #settings: RefusalSettings;
  readonly #lines = new Map<string, number>();
  #written = 0;
  #left = 0;
  #isCounting = false;
  #count = 0;

  constructor(log: Pick<Logger, "info">, settings: RefusalSettings) {
    this.#log = log;
    this.#settings = settings;
  }

  /** How many there were since the start. */
  get count(): number {
    return this.#count;
  }

  note({ from = "", name, reason }: Refusal): void {
    if (!this.#isCounting) setTimeout(() => this.#endWindow(), this.#settings.windowMs).unref();
    this.#isCounting = true;
    this.#count += 1;
    const group = addressGroup(from);
    const lines = this.#lines.get(group) ?? 0;
    if (this.#written >= this.#settings.most || lines >= this.#settings.mostOfAddress) {
      this.#left += 1;
      return;
    }
    this.#written += 1;
    this.#lines.set(group, lines + 1);
    const named = name === undefined ? {} : { name: name.slice(0, MAX_NAME) };
    this.#log.info({ from: plainAddress(from), ...named, reason }, "refused a connection");
  }

  #endWindow(): void {
    if (this.#left > 0) this.#log.info({ count: this.#left }, "refused more connections");
    this.#isCounting = false;
    this.#lines.clear();
    this.#written = 0;
    this.#left = 0;
  }
}
