import { connect, type TLSSocket } from "node:tls";
import type { DeviceCredentials, Job } from "./job.ts";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (cause: Error) => void;
}

/**
 * A device's connection that writes requests as bytes and looks only for the end of a 204: an HTTP client would cost
 * more than the servers it is to measure.
 */
export class Connection {
  readonly #socket: TLSSocket;
  #received = "";
  #waiting: Waiting | undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("error", (cause) => this.#fail(cause));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  static open({ port, ca }: Job, { cert, key }: DeviceCredentials): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, servername: "jamesd", ca, cert, key });
      socket.once("error", reject);
      socket.once("secureConnect", () => resolve(new Connection(socket)));
    });
  }

  /** Sends a request and waits for its answer, which has to be 204. */
  ask(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    const answer = this.#received;
    if (!answer.startsWith("HTTP/1.1 204 ")) this.#fail(new Error(answer));
    else if (answer.endsWith("\r\n\r\n")) this.#succeed();
  }

  #succeed(): void {
    const waiting = this.#waiting;
    this.#received = "";
    this.#waiting = undefined;
    waiting?.resolve();
  }

  #fail(cause: Error): void {
    this.#waiting?.reject(cause);
    this.#waiting = undefined;
  }
}
