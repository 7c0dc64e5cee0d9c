import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type AddressTime, LeftTooEarly, watchAddresses } from "./address-time.ts";
import type { AnswerHead } from "./answer-reader.ts";
import type { AnswerStream } from "./answer-stream.ts";
import { Exchange, type Question } from "./exchange.ts";
import { KEEP_ALIVE_MS } from "./server-options.ts";

/** A connection is left by so much before its server closes it. */
const LEAVE_BEFORE_MS = 1000;

/** As much as TLS gives at once. */
const ROOM_BYTES = 16 * 1024;

/** A connection over TLS, for one request after the other. Nothing is sent before the other side has proved who it is. */
export class Line {
  readonly #socket: TLSSocket;
  /** What comes is read to, where it is not known yet what it is. */
  readonly #room = Buffer.allocUnsafeSlow(ROOM_BYTES);
  #exchange: Exchange | undefined;
  #isReached = false;
  /** It goes over another connection. */
  #isOver = false;
  #leaving: NodeJS.Timeout | undefined;

  /** @param options with a `socket`, over which it goes then @param time how long addresses are waited for */
  constructor(options: ConnectionOptions, time: AddressTime) {
    // Node makes a stream of what comes otherwise: a buffer and some calls for every 16 KiB.
    const onread = {
      buffer: (): Buffer => this.#exchange?.room ?? this.#room,
      callback: (size: number, buffer: Uint8Array): boolean => this.#take(buffer as Buffer, size),
    };
    const attempts = { autoSelectFamilyAttemptTimeout: time.ms };
    this.#socket = connect({ ...options, ...attempts, onread } as ConnectionOptions);
    if (options.socket) this.#readOver(options.socket);
    const wereLeft = watchAddresses(this.#socket, time);
    const isLeftTooEarly = (): boolean => !this.#isReached && wereLeft();
    this.#socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS).resume();
    this.#socket.once("secureConnect", () => {
      this.#isReached = true;
      this.#exchange?.send();
    });
    this.#socket.on("error", (cause) =>
      this.#exchange?.fail(isLeftTooEarly() ? new LeftTooEarly(cause) : cause),
    );
    this.#socket.on("end", () => this.#exchange?.end());
    this.#socket.on("close", () => this.#exchange?.fail(hangUp()));
    this.#socket.on("timeout", () => {
      // Enough for this question, but the next one waits longer for each.
      isLeftTooEarly();
      this.#exchange?.timeOut();
    });
  }

  /** Called with each TLS session that the server gives out. */
  onSession(keep: (session: Buffer) => void): void {
    this.#socket.on("session", keep);
  }

  /** False when nothing more can be asked. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** The address that proved to be the server, as long as it is open; undefined also when somebody else connected to it. */
  get reachedAt(): string | undefined {
    return this.#isReached && !this.#isOver ? this.#socket.remoteAddress : undefined;
  }

  /**
   * Asks; one question at a time. Without a whole answer the connection is closed.
   * @param over called when the next question may be asked, if the connection is open then
   * @throws as `Exchange.answer`
   */
  ask(question: Question, over: () => void): Promise<AnswerStream> {
    clearTimeout(this.#leaving);
    this.#socket.ref();
    const exchange = new Exchange(this.#socket, question, (kept) => {
      this.#exchange = undefined;
      if (kept) this.#rest(kept);
      else this.close();
      over();
    });
    this.#exchange = exchange;
    if (this.#isReached) exchange.send();
    return exchange.answer;
  }

  close(): void {
    clearTimeout(this.#leaving);
    this.#socket.destroy();
  }

  // There Node gives what comes as a stream, whatever is said of reading.
  #readOver(below: Duplex): void {
    this.#isOver = true;
    below.on("error", (cause) => this.#socket.destroy(cause));
    this.#socket.on("data", (bytes: Buffer) => {
      if (!this.#take(bytes, bytes.length)) this.#socket.pause();
    });
  }

  #take(buffer: Buffer, size: number): boolean {
    if (this.#exchange) return this.#exchange.take(buffer.subarray(0, size));
    // What nobody has asked for is an answer to nothing.
    this.#socket.destroy();
    return true;
  }

  /** Stays open for the next question, as long as the server lets it; the process need not stay for that. */
  #rest({ headers }: AnswerHead): void {
    // It may have been the reader who was slow.
    this.#socket.resume().unref();
    const [, seconds] = /timeout=(\d{1,6})/.exec(headers["keep-alive"] ?? "") ?? [];
    if (seconds === undefined) return;
    const ms = Number(seconds) * 1000 - LEAVE_BEFORE_MS;
    if (ms <= 0) this.close();
    else this.#leaving = setTimeout(() => this.close(), ms).unref();
  }
}

function hangUp(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
}
