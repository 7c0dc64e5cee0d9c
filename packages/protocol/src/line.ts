import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type Answer, AnswerReader } from "./answer-reader.ts";
import { NoAnswer } from "./connection-error.ts";
import { KEEP_ALIVE_MS } from "./server-options.ts";

/** A request whose answer is read as a whole. */
export interface Question {
  readonly bytes: Buffer;
  /** Bytes that the body of an answer with a status may have. */
  readonly bound: (statusCode: number) => number;
  /** Milliseconds without a byte after which it fails. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Called when the other side has proved to be the server. */
  readonly reached: () => void;
}

/** A connection is left by so much before its server closes it. */
const LEAVE_BEFORE_MS = 1000;

/** A connection over TLS, for one request after the other. Nothing is sent before the other side has proved who it is. */
export class Line {
  readonly #socket: TLSSocket;
  #isReached = false;
  #isAsking = false;
  #leaving: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#socket = connect(options);
    this.#socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    this.#socket.once("secureConnect", () => {
      this.#isReached = true;
    });
    // Who waits for an answer hears of it as well.
    this.#socket.on("error", () => undefined);
    // What nobody has asked for is an answer to nothing.
    this.#socket.on("data", () => this.#isAsking || this.#socket.destroy());
  }

  /** Called with each TLS session that the server gives out. */
  onSession(keep: (session: Buffer) => void): void {
    this.#socket.on("session", keep);
  }

  /** False when nothing more can be asked. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Asks; one question at a time. Without an answer the connection is closed. @throws what the connection fails with, BadAnswer, JamesError REPLY_TOO_LARGE; the signal's reason */
  async ask(question: Question): Promise<Answer> {
    clearTimeout(this.#leaving);
    this.#socket.ref();
    this.#isAsking = true;
    try {
      const answer = await this.#answerTo(question);
      // What is refused need not be sent to its end.
      if (!answer.isKept || this.#socket.writableLength > 0) this.close();
      else this.#rest(answer);
      return answer;
    } catch (thrown) {
      this.close();
      throw thrown;
    } finally {
      this.#isAsking = false;
    }
  }

  close(): void {
    clearTimeout(this.#leaving);
    this.#socket.destroy();
  }

  #answerTo({ bytes, bound, timeoutMs, signal, reached }: Question): Promise<Answer> {
    const socket = this.#socket;
    const reader = new AnswerReader(bound);
    const { promise, resolve, reject } = withResolvers<Answer>();
    const attempt = (read: () => Answer | undefined): void => {
      try {
        const answer = read();
        if (answer) resolve(answer);
      } catch (thrown) {
        reject(thrown);
      }
    };
    const send = (): void => {
      reached();
      socket.write(bytes);
    };
    const listeners = {
      secureConnect: send,
      data: (chunk: Buffer) => attempt(() => reader.push(chunk)),
      end: () => attempt(() => reader.end()),
      close: () => reject(hangUp()),
      error: reject,
      timeout: () => reject(new NoAnswer(timeoutMs)),
    };
    const abort = (): void => reject(signal?.reason);
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener as () => void);
    signal?.addEventListener("abort", abort);
    socket.setTimeout(timeoutMs);
    if (signal?.aborted) abort();
    else if (this.#isReached) send();
    return promise.finally(() => {
      socket.setTimeout(0);
      signal?.removeEventListener("abort", abort);
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener as () => void);
    });
  }

  /** Stays open for the next question, as long as the server lets it; the process need not stay for that. */
  #rest({ headers }: Answer): void {
    this.#socket.unref();
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

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (cause: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
