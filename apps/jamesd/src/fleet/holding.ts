import type { Later } from "../device/order.ts";
import { askAgainAfter } from "./cadence.ts";
import { HoldPlaces } from "./hold-places.ts";
import type { Question } from "./question.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** Whose check-in is held. */
type Holder = Pick<Question, "device" | "session" | "checkIn">;

/** What it goes by. */
export interface HoldingParts {
  readonly sessions: Pick<Sessions, "count" | "wake">;
  /** So many check-ins may be held. */
  readonly most: number;
  /** How far the server is from keeping up, from 0 to 1. */
  readonly strain: () => number;
  /** A number from 0 to under 1. */
  readonly random: () => number;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
}

/** Whose check-ins are held, and how often the others ask. */
export class Holding {
  readonly #parts: HoldingParts;
  readonly #places: HoldPlaces;
  #notHeld = 0;

  constructor(parts: HoldingParts) {
    this.#parts = parts;
    // It looks again, and sees that it has none.
    this.#places = new HoldPlaces(parts.most, (id) => parts.sessions.wake(id));
  }

  /** How many check-ins are held. */
  get held(): number {
    return this.#places.held;
  }

  /** How many there was no room for since the start. */
  get notHeld(): number {
    return this.#notHeld;
  }

  /** How many may be. */
  get most(): number {
    return this.#places.most;
  }

  /** True when a check-in is held from now on, until `end` or until it is not `isHeld` any more. */
  begin({ device, session, checkIn }: Holder): boolean {
    const isHeld = this.#places.take(device.id, session.changed, this.#parts.clock());
    if (isHeld) session.heldCheckIn = checkIn;
    return isHeld;
  }

  /** False when its device has lost its place. */
  isHeld({ device }: Pick<Holder, "device">): boolean {
    return this.#places.has(device.id);
  }

  /** A check-in is held no longer; one that was overtaken by another that is held takes nothing from that. */
  end({ device, session, checkIn }: Holder): void {
    if (session.heldCheckIn === checkIn) this.#places.leave(device.id, this.#parts.clock());
  }

  /** Something of a device has changed. */
  noteChange(session: Pick<Session, "changed">): void {
    session.changed = this.#parts.clock();
  }

  /** What a device is told that is not held. */
  later(session: Pick<Session, "askAgainMs">): Later {
    const { sessions, strain, random } = this.#parts;
    this.#notHeld += 1;
    const polling = Math.max(0, sessions.count - this.most);
    session.askAgainMs = askAgainAfter({ polling, strain: strain() }, random());
    return { askAgainMs: session.askAgainMs };
  }
}
