import { connect, type TLSSocket } from "node:tls";
import { type Answer, AnswerReader } from "./answer-reader.ts";

/** Where a server is. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** The name in its certificate. */
  readonly serverName: string;
  /** Of the authority that vouches for it, PEM. */
  readonly ca: string;
}

/** A certificate and its key, PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
}

/** How a connection is made. */
export interface ConnectionOptions extends Endpoint, Credentials {
  /** Of the connection before, to resume. */
  readonly session: Buffer | undefined;
  /** Reads no faster than this; undefined: as fast as it comes. */
  readonly bytesASecond: number | undefined;
}

/** What is asked. */
export interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** After so long without a byte the connection counts as dead, in milliseconds. */
  readonly timeoutMs: number;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (cause: Error) => void;
}

/** A device's connection over mutual TLS, on which one thing is asked at a time. */
export class Connection {
  readonly #socket: TLSSocket;
  readonly #host: string;
  readonly #reader = new AnswerReader();
  #waiting: Waiting | undefined;
  /** To resume with; undefined as long as the server gave none. */
  session: Buffer | undefined;

  private constructor(socket: TLSSocket, { serverName, bytesASecond }: ConnectionOptions) {
    this.#socket = socket;
    this.#host = serverName;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#take(chunk);
      if (bytesASecond !== undefined) this.#rest((chunk.length * 1000) / bytesASecond);
    });
    socket.on("session", (session) => (this.session = session));
    socket.on("timeout", () => socket.destroy(new Error("the server does not answer")));
    socket.on("error", (cause) => this.#fail(cause));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /** @throws Error when there is no connection to be had */
  static open(options: ConnectionOptions): Promise<Connection> {
    const { host, port, serverName, ca, cert, key, session } = options;
    return new Promise((resolve, reject) => {
      const socket = connect({
        host,
        port,
        servername: serverName,
        ca,
        cert,
        key,
        ...(session && { session }),
      });
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the server closed the connection")));
      socket.once("secureConnect", () => resolve(new Connection(socket, options)));
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Bytes that came and went, as they are encrypted or not: those within TLS. */
  get bytes(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten;
  }

  /** Asks and waits for the answer. @throws Error when the connection ends before that */
  ask({ method, path, headers = [], body, timeoutMs }: Question): Promise<Answer> {
    const said = body === undefined ? [] : ["content-type: application/json", lengthLine(body)];
    const head = [`${method} ${path} HTTP/1.1`, `host: ${this.#host}`, ...said, ...headers];
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.setTimeout(timeoutMs);
      this.#socket.write(`${head.join("\r\n")}\r\n\r\n${body ?? ""}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    try {
      const answer = this.#reader.take(chunk);
      if (!answer) return;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      // Between questions it is for the server to say how long the connection is kept.
      this.#socket.setTimeout(0);
      if (answer.headers.get("connection") === "close") this.#socket.end();
      waiting?.resolve(answer);
    } catch (cause) {
      this.#socket.destroy(cause as Error);
    }
  }

  #rest(ms: number): void {
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), ms);
  }

  #fail(cause: Error): void {
    this.#waiting?.reject(cause);
    this.#waiting = undefined;
  }
}

function lengthLine(body: string): string {
  return `content-length: ${Buffer.byteLength(body)}`;
}
