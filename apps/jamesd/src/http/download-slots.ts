import { JamesError } from "@jamesd/model";
import { FairQueue, type Waiter } from "./fair-queue.ts";
import { someTimeLater } from "./retry-after.ts";

/** How many downloads there may be, and how long one waits for its turn. */
export interface SlotSettings {
  /** Downloads under way at once. */
  readonly most: number;
  readonly waitMs: number;
  /** A number from 0 to under 1. */
  readonly random: () => number;
}

/**
 * What one certificate may always have under way, and waiting. It gets more only as long as half of all is free: a
 * reader may be as slow as it likes, so a few of them must not be able to hold everything.
 */
export const SHARE = 8;

/** A fleet that is told of an update at once asks at once; who is sent away comes again, and costs as much as an answer. */
const WAITING_PER_SLOT = 50;

/** The downloads under way: a bounded number, and those that wait for their turn, fairly among certificates. */
export class DownloadSlots {
  readonly #settings: SlotSettings;
  /** By who has them; never with 0. */
  readonly #held = new Map<string, number>();
  #underWay = 0;
  readonly #waiting = new FairQueue((who) => this.#heldBy(who));

  constructor(settings: SlotSettings) {
    this.#settings = settings;
  }

  /** How many downloads there are. */
  get counts(): { readonly active: number; readonly waiting: number } {
    return { active: this.#underWay, waiting: this.#waiting.size };
  }

  /**
   * Waits for a slot; of those who wait, whoever has fewest under way is next, and of equals who came first.
   * @returns what gives the slot back; called again it does nothing
   * @throws JamesError SERVER_BUSY when too many wait, or none got free in time; the signal's reason when it aborts
   */
  async take(who: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    // Whoever may have one at once displaces nobody: those who wait could not.
    if (!this.#mayHave(who)) await this.#wait(who, signal);
    else this.#grant(who);
    let isHeld = true;
    return () => {
      if (isHeld) this.#giveBack(who);
      isHeld = false;
    };
  }

  #wait(who: string, signal: AbortSignal): Promise<void> {
    if (this.#isFull(who)) throw this.#busy();
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener("abort", gone);
      };
      const waiter: Waiter = {
        who,
        admit: () => {
          leave();
          this.#grant(who);
          resolve();
        },
      };
      const refuse = (why: unknown): void => {
        leave();
        reject(why);
      };
      const gone = (): void => refuse(signal.reason);
      const timer = setTimeout(() => refuse(this.#busy()), this.#settings.waitMs).unref();
      signal.addEventListener("abort", gone);
      this.#waiting.add(waiter);
    });
  }

  #isFull(who: string): boolean {
    return this.#waiting.sizeOf(who) >= SHARE || this.#waiting.size >= this.#settings.most * WAITING_PER_SLOT;
  }

  #mayHave(who: string): boolean {
    const { most } = this.#settings;
    return this.#underWay < most && (this.#heldBy(who) < SHARE || this.#underWay * 2 < most);
  }

  #heldBy(who: string): number {
    return this.#held.get(who) ?? 0;
  }

  #grant(who: string): void {
    this.#underWay += 1;
    this.#held.set(who, this.#heldBy(who) + 1);
    this.#waiting.changed(who);
  }

  #giveBack(who: string): void {
    this.#underWay -= 1;
    const left = this.#heldBy(who) - 1;
    if (left > 0) this.#held.set(who, left);
    else this.#held.delete(who);
    this.#waiting.changed(who);
    // One that is given back is enough for one at most.
    const { next } = this.#waiting;
    if (next && this.#mayHave(next.who)) next.admit();
  }

  #busy(): JamesError {
    const { most, random } = this.#settings;
    return new JamesError("SERVER_BUSY", `the server has ${most} downloads under way, and others wait`, {
      hint: "Try again in a few seconds; jamesd --max-downloads says how many there may be.",
      retryAfterMs: someTimeLater(random),
    });
  }
}
