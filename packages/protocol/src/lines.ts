import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Gate } from "@jamesd/model";
import { type AddressTime, LeftTooEarly } from "./address-time.ts";
import type { AnswerStream } from "./answer-stream.ts";
import type { Question } from "./exchange.ts";
import { KeptSession } from "./kept-session.ts";
import { Line } from "./line.ts";
import type { HttpProxy, Way } from "./proxy.ts";
import { MOST_CONNECTIONS } from "./server-options.ts";
import type { Tunnel } from "./tunnel.ts";

/** Connections to one server: each is used again for the next question, and what it learned of TLS by the next one. */
export class Lines {
  readonly #options: () => ConnectionOptions;
  readonly #used = new Set<Line>();
  #idle: readonly Line[] = [];
  readonly #places = new Gate(MOST_CONNECTIONS);
  readonly #session: () => KeptSession;
  readonly #time: AddressTime;
  readonly #way: Way;
  readonly #tunnels = new Set<Tunnel>();
  #generation = 0;
  /** The address that answered last. */
  reachedAt: string | undefined;

  /**
   * @param way to the server @param options how to connect there now @param session what the next connection takes up
   * @param time how long addresses are waited for
   */
  constructor(way: Way, options: () => ConnectionOptions, session: () => KeptSession, time: AddressTime) {
    this.#way = way;
    this.#options = options;
    this.#session = session;
    this.#time = time;
  }

  /** @param isFresh over a connection of its own, made now from nothing @throws as `Exchange.answer` */
  async ask(question: Question, isFresh = false): Promise<AnswerStream> {
    for (;;) {
      try {
        return await this.#askOnce(question, isFresh);
      } catch (thrown) {
        // Nothing was sent.
        if (!(thrown instanceof LeftTooEarly)) throw thrown;
        if (question.signal?.aborted) throw thrown.cause;
      }
    }
  }

  #askOnce(question: Question, isFresh: boolean): Promise<AnswerStream> {
    return new Promise((resolve, reject) => {
      const work = (): Promise<void> => this.#askNow(question, isFresh, resolve);
      this.#places.run(work, question.signal).catch(reject);
    });
  }

  /** The next question goes over another connection; what is under way goes on over those that are open. */
  renew(): void {
    this.#generation += 1;
    for (const line of this.#idle) line.close();
    this.#idle = [];
  }

  /** Closes all of them. */
  close(): void {
    this.renew();
    for (const open of [...this.#used, ...this.#tunnels]) open.close();
  }

  /** @param answered given what is answered @returns when the connection has nothing more to do with it */
  async #askNow(
    question: Question,
    isFresh: boolean,
    answered: (answer: Promise<AnswerStream>) => void,
  ): Promise<void> {
    const generation = this.#generation;
    const line = this.#takeIdle(isFresh) ?? (await this.#connect(question, isFresh));
    this.#used.add(line);
    return new Promise((resolve) => {
      const over = (): void => {
        this.#used.delete(line);
        this.reachedAt = line.reachedAt ?? this.reachedAt;
        if (isFresh || generation !== this.#generation) line.close();
        else if (line.isOpen) this.#idle = [...this.#open(), line];
        resolve();
      };
      answered(line.ask(question, over));
    });
  }

  #takeIdle(isFresh: boolean): Line | undefined {
    const idle = this.#open();
    const last = isFresh ? undefined : idle.at(-1);
    this.#idle = last ? idle.slice(0, -1) : idle;
    return last;
  }

  async #connect(question: Question, isFresh: boolean): Promise<Line> {
    const { proxy } = this.#way;
    const socket = proxy && (await this.#openTunnel(proxy, question));
    const session = isFresh ? new KeptSession() : this.#session();
    const line = new Line({ ...this.#options(), ...session.option, ...(socket && { socket }) }, this.#time);
    line.onSession((given) => session.keep(given));
    return line;
  }

  /** @throws JamesError, LeftTooEarly; the signal's reason */
  async #openTunnel(proxy: HttpProxy, question: Question): Promise<Socket> {
    // Most go without.
    const { Tunnel } = await import("./tunnel.ts");
    const tunnel = new Tunnel(this.#way, proxy, this.#time, question);
    this.#tunnels.add(tunnel);
    try {
      return await tunnel.opened;
    } finally {
      this.#tunnels.delete(tunnel);
    }
  }

  #open(): readonly Line[] {
    return this.#idle.filter((line) => line.isOpen);
  }
}
