import type { Order } from "../device/order.ts";
import type { HeldCheckIns } from "./held-check-ins.ts";
import { isOvertaken, type Question } from "./question.ts";
import type { Wakeable } from "./session.ts";

/** A check-in that is held. */
export class HeldCheckIn implements Wakeable {
  readonly question: Question;
  readonly #others: HeldCheckIns;
  readonly #look: (held: HeldCheckIn) => void;
  /** Called once with what there is to do, unless it is withdrawn. */
  readonly end: (order: Order | undefined) => void;
  /** Its place among the others. */
  #place = 0;
  #isGone = false;
  #isWithdrawn = false;

  /** @param others whom it waits with @param look what is done when it is woken or its time is up: it is answered, or waits on */
  constructor(
    question: Question,
    others: HeldCheckIns,
    look: (held: HeldCheckIn) => void,
    end: (order: Order | undefined) => void,
  ) {
    this.question = question;
    this.#others = others;
    this.#look = look;
    this.end = end;
  }

  /** True when nobody waits for the answer any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Waits until `end`, in milliseconds of `performance.now()`, or until it is woken. */
  wait(end: number): void {
    this.question.session.held = this;
    this.#place = this.#others.hold(this, end);
  }

  wake(): void {
    this.#release();
    this.#others.wake(this, this.#place);
  }

  /** Whoever waited has gone. */
  leave(): void {
    this.#isGone = true;
    if (!isOvertaken(this.question)) this.question.session.isCut = true;
    this.wake();
  }

  /** Looks no more, and is not answered. */
  withdraw(): void {
    this.wake();
    this.#isWithdrawn = true;
  }

  look(): void {
    if (this.#isWithdrawn) return;
    this.#release();
    this.#look(this);
  }

  // Another one may be held for the device by now.
  #release(): void {
    const { device, session } = this.question;
    if (session.held !== this) return;
    session.held = undefined;
    this.#others.left(device.id, session);
  }
}
