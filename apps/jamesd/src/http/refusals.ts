import type { Logger } from "pino";
import { addressGroup, plainAddress } from "./address-group.ts";
import { LineBudget, type LineBudgetSettings } from "./line-budget.ts";

/** A connection that is refused or ended. */
export interface Refusal {
  readonly from: string | undefined;
  /** Who it says that it is, where it has said that. */
  readonly name?: string | undefined;
  readonly reason: string;
}

/** How many lines there are in the log. */
export interface RefusalSettings extends LineBudgetSettings {
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
  readonly #lines: LineBudget;
  readonly #linesOf = new Map<string, number>();
  #count = 0;

  constructor(log: Pick<Logger, "info">, settings: RefusalSettings) {
    this.#log = log;
    this.#settings = settings;
    this.#lines = new LineBudget(settings, (left) => {
      if (left > 0) log.info({ count: left }, "refused more connections");
      this.#linesOf.clear();
    });
  }

  /** How many there were since the start. */
  get count(): number {
    return this.#count;
  }

  note({ from = "", name, reason }: Refusal): void {
    this.#count += 1;
    const group = addressGroup(from);
    const lines = this.#linesOf.get(group) ?? 0;
    if (!this.#lines.take(lines < this.#settings.mostOfAddress)) return;
    this.#linesOf.set(group, lines + 1);
    const named = name === undefined ? {} : { name: name.slice(0, MAX_NAME) };
    this.#log.info({ from: plainAddress(from), ...named, reason }, "refused a connection");
  }
}
