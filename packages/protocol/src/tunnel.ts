import { connect, type Socket } from "node:net";
import { JamesError } from "@jamesd/model";
import { type Address, addressText, hostText } from "./address.ts";
import { type AddressTime, LeftTooEarly, watchAddresses } from "./address-time.ts";
import { NoAnswer } from "./connection-error.ts";
import { type HttpProxy, proxyText } from "./proxy.ts";
import { refusalOf } from "./proxy-refusal.ts";
import { KEEP_ALIVE_MS } from "./server-options.ts";

/** As much as a proxy may say before a tunnel is open, and as long as all of it may take: one silence of a server. */
const MOST_HEAD_BYTES = 16 * 1024;
const MOST_MS = 30_000;

/** Whom a tunnel is for. */
interface Asker {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/**
 * A connection to a server through an HTTP proxy (RFC 9110, section 9.3.6). It is the proxy that looks up the server's name;
 * nothing of what is said through it is believed before the server has proved who it is.
 */
export class Tunnel {
  readonly #server: Address;
  readonly #proxy: HttpProxy;
  readonly #socket: Socket;
  readonly #signal: AbortSignal | undefined;
  readonly #late: NodeJS.Timeout;
  #head = Buffer.alloc(0);
  #isConnected = false;
  #isOver = false;
  #resolve: (socket: Socket) => void = () => undefined;
  #reject: (cause: unknown) => void = () => undefined;
  /** @throws JamesError SERVER_UNREACHABLE, PROXY_REFUSED; LeftTooEarly; the signal's reason */
  readonly opened: Promise<Socket>;

  /** @param time how long addresses of the proxy are waited for */
  constructor(server: Address, proxy: HttpProxy, time: AddressTime, { signal, timeoutMs }: Asker) {
    this.#server = server;
    this.#proxy = proxy;
    this.#signal = signal;
    this.opened = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { host, port } = proxy;
    this.#socket = connect({ host, port, autoSelectFamilyAttemptTimeout: time.ms });
    const wereLeft = watchAddresses(this.#socket, time);
    const isLeftTooEarly = (): boolean => !this.#isConnected && wereLeft();
    const fail = (cause: unknown): void =>
      this.#fail(isLeftTooEarly() ? new LeftTooEarly(cause) : this.#unreachable(cause as Error));
    const ms = Math.min(timeoutMs, MOST_MS);
    this.#late = setTimeout(() => {
      isLeftTooEarly();
      this.#fail(this.#unreachable(new NoAnswer(ms)));
    }, ms);
    signal?.addEventListener("abort", this.#abort);
    this.#socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    this.#socket
      .once("connect", () => this.#ask())
      .on("data", this.#take)
      .on("error", fail);
    this.#socket.on("end", this.#hungUp).on("close", this.#hungUp);
    if (signal?.aborted) this.#abort();
  }

  /** Gives it up. */
  close(): void {
    this.#fail(this.#unreachable(new Error("it was given up")));
  }

  #ask(): void {
    this.#isConnected = true;
    const { user } = this.#proxy;
    const place = hostText(this.#server);
    const who = user && Buffer.from(`${user.name}:${user.password}`).toString("base64");
    const proof = who === undefined ? "" : `Proxy-Authorization: Basic ${who}\r\n`;
    this.#socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${proof}\r\n`);
  }

  readonly #take = (bytes: Buffer): void => {
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0 && this.#head.length <= MOST_HEAD_BYTES) return;
    const head = this.#head.toString("latin1", 0, Math.max(0, end));
    const refusal = refusalOf(head, this.#server, this.#proxy);
    if (refusal) this.#fail(refusal);
    // The server is silent until it is spoken to.
    else if (this.#head.length > end + 4)
      this.#fail(this.#unreachable(new Error("what it leads to speaks before it is spoken to")));
    else this.#open();
  };

  readonly #hungUp = (): void => this.#fail(this.#unreachable(new Error("it hung up without an answer")));

  readonly #abort = (): void => this.#fail(this.#signal?.reason);

  #open(): void {
    if (!this.#end()) return;
    this.#resolve(this.#socket.pause());
  }

  #fail(cause: unknown): void {
    if (!this.#end()) return;
    this.#socket.destroy();
    this.#reject(cause);
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#late);
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#socket.off("data", this.#take).off("end", this.#hungUp).off("close", this.#hungUp);
    return true;
  }

  #unreachable(cause: Error): JamesError {
    const { message, errors } = cause as Partial<AggregateError>;
    const why = message || (errors ?? []).map((error: Error) => error.message).join("; ");
    const where = addressText(this.#server);
    return new JamesError(
      "SERVER_UNREACHABLE",
      `cannot reach ${where}: its proxy ${proxyText(this.#proxy)}: ${why}`,
      {
        hint: "See whether the proxy runs there and this machine has a way to it; else whether --proxy, or https_proxy, is right.",
        cause,
      },
    );
  }
}
