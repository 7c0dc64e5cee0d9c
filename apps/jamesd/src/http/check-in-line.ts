import type { TLSSocket } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import type { Report } from "../device/report.ts";
import type { Voice } from "../device/voice.ts";
import type { CheckIns } from "../fleet/check-ins.ts";
import type { HeldCheckIn } from "../fleet/held-check-in.ts";
import type { Question } from "../fleet/question.ts";
import { isOneRequest } from "./one-request.ts";

/** A check-in that was answered with nothing to do. */
export interface Answered {
  readonly id: string;
  readonly voice: Voice;
  readonly report: Report;
  readonly waitMs: number;
}

/** What check-ins that come again are answered by. */
export interface LineParts {
  readonly checkIns: Pick<CheckIns, "takeUnchanged" | "holdUnchanged" | "withdraw">;
  /** Lets in a request of whoever is at the other end. @returns what ends it, to be called once; undefined: it is not let in, or not for so long */
  readonly admit: (socket: TLSSocket, waitMs: number) => (() => void) | undefined;
  /** True as long as whoever is at the other end would be let in. */
  readonly isIn: (socket: TLSSocket) => boolean;
  /** The whole answer that there is nothing to do, as it goes over the wire now. */
  readonly nothing: () => string;
}

interface Known extends Answered {
  /** The whole request. */
  readonly bytes: Buffer;
}

interface HandedOver extends Pick<Answered, "report"> {
  readonly question: Question;
}

interface Held {
  readonly checkIn: HeldCheckIn;
  /** Ends it with the answer that there is nothing to do, or hands it over. */
  readonly end: (isNothing: boolean) => void;
}

/** Longer requests are not kept: only what tells a state is. */
const MOST_BYTES = 4096;
/** Whoever leaves so much of its answers unread gets no more in this way. */
const MOST_UNREAD = 16 * 1024;

/**
 * A device's connection on which the same check-in comes again and again, byte for byte, and has the same answer: there
 * is nothing to do. Such a one is known by its bytes, and not read anew; whether the answer is still the same is asked
 * in full. Whatever else comes, or has another answer, goes the way of every request, this one as if it had come only now.
 */
export class CheckInLine {
  readonly #socket: TLSSocket;
  readonly #parts: LineParts;
  /** What reads requests; undefined as long as nothing is watched. */
  #read: ((bytes: Buffer) => void) | undefined;
  /** The last that went there, and how many since the last answer. */
  #passed: Buffer | undefined;
  #passes = 0;
  /** What is being answered. */
  #answered: Answered | undefined;
  #known: Known | undefined;
  #held: Held | undefined;
  /** One that was held, and goes on the way of every request. */
  #handedOver: HandedOver | undefined;

  constructor(socket: TLSSocket, parts: LineParts) {
    this.#socket = socket;
    this.#parts = parts;
  }

  /** The question of a report that is read now, when it was taken in and held before. */
  takeOver(report: Report): Question | undefined {
    const handedOver = this.#handedOver;
    this.#handedOver = undefined;
    // Where the request was refused on its way this is another one, which may say something new.
    return isDeepStrictEqual(handedOver?.report, report) ? handedOver?.question : undefined;
  }

  /** A check-in is answered with nothing to do. */
  answered(answered: Answered): void {
    this.#answered = answered;
  }

  /** The answer to a check-in has gone out, and nothing is under way. */
  settle(): void {
    const [answered, bytes] = [this.#answered, this.#passes === 1 ? this.#passed : undefined];
    this.#answered = undefined;
    this.#passed = undefined;
    this.#passes = 0;
    if (this.#socket.destroyed) return;
    if (!this.#read) this.#watch();
    else if (answered && bytes && isOneRequest(bytes)) this.#known = { ...answered, bytes };
  }

  // Node hands what comes to its reader past everybody else, until somebody listens.
  #watch(): void {
    const readers = this.#socket.listeners("data") as ((bytes: Buffer) => void)[];
    const [read] = readers;
    if (!read || readers.length > 1) return;
    this.#read = read;
    this.#socket.on("data", (bytes) => this.#receive(bytes));
    this.#socket.off("data", read);
    this.#socket.once("close", () => this.#held?.checkIn.leave());
  }

  #receive(bytes: Buffer): void {
    if (this.#held) this.#withdraw(this.#held);
    else if (this.#known?.bytes.equals(bytes) && this.#answer(this.#known)) return;
    this.#pass(bytes);
  }

  #pass(bytes: Buffer): void {
    this.#known = undefined;
    this.#passes += 1;
    this.#passed = bytes.length <= MOST_BYTES ? bytes : undefined;
    this.#read?.(bytes);
  }

  /** @returns false: it is not answered here */
  #answer({ id, voice, report, waitMs }: Known): boolean {
    const { checkIns, admit } = this.#parts;
    if (this.#socket.writableLength > MOST_UNREAD) return false;
    const end = admit(this.#socket, waitMs);
    if (!end) return false;
    const question = checkIns.takeUnchanged(id, voice, report, waitMs);
    if (question && waitMs > 0) this.#hold(question, end);
    else end();
    if (question && waitMs === 0) this.#say();
    return question !== undefined;
  }

  #hold(question: Question, release: () => void): void {
    const socket = this.#socket;
    // That of an idle connection, which this one is not.
    const { timeout = 0 } = socket;
    socket.setTimeout(0);
    const end = (isNothing: boolean): void => {
      this.#held = undefined;
      release();
      if (socket.destroyed) return;
      if (!isNothing || !this.#parts.isIn(socket)) this.#goOn(question);
      else {
        this.#say();
        socket.setTimeout(timeout);
      }
    };
    this.#held = { end, checkIn: this.#parts.checkIns.holdUnchanged(question, end) };
  }

  /** Its device says something else, and does not wait for the answer. */
  #withdraw({ end, checkIn }: Held): void {
    this.#parts.checkIns.withdraw(checkIn);
    end(false);
  }

  #say(): void {
    this.#socket.write(this.#parts.nothing(), "latin1");
  }

  #goOn(question: Question): void {
    if (!this.#known) return;
    const { report, bytes } = this.#known;
    this.#handedOver = { report, question };
    this.#pass(bytes);
  }
}
