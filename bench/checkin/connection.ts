import { connect, type TLSSocket } from "node:tls";
import type { DeviceCredentials, Job } from "./job.ts";

const NO_CONTENT = "HTTP/1.1 204 ";

/**
 * A device's connection that writes requests as bytes and looks only for the end of an answer: an HTTP client would cost
 * more than the servers it is to measure.
 */
export class Connection {
  readonly #socket: TLSSocket;
  #received = "";
  #answered: (isNothing: boolean) => void = () => undefined;
  #failed: (cause: Error) => void = () => undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("error", (cause) => this.#failed(cause));
    socket.on("close", () => this.#failed(new Error("the server closed the connection")));
  }

  static open({ port, ca }: Pick<Job, "port" | "ca">, { cert, key }: DeviceCredentials): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, servername: "jamesd", ca, cert, key });
      socket.once("error", reject);
      socket.once("secureConnect", () => resolve(new Connection(socket)));
    });
  }

  /** Sends a request; `answered` is told of its answer, and whether that says that there is nothing to do. */
  send(request: Buffer, answered: (isNothing: boolean) => void, failed: (cause: Error) => void): void {
    this.#answered = answered;
    this.#failed = failed;
    this.#socket.write(request);
  }

  /** Sends a request and waits for its answer, which has to be 204. */
  ask(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const answered = (isNothing: boolean): void =>
        isNothing ? resolve() : reject(new Error("there is something to do"));
      this.send(request, answered, reject);
    });
  }

  close(): void {
    this.#failed = () => undefined;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const answer = this.#received === "" ? text : this.#received + text;
    const isNothing = answer.startsWith(NO_CONTENT);
    // Another one is looked at as far as its first part.
    const isWhole = !isNothing || answer.endsWith("\r\n\r\n");
    this.#received = isWhole ? "" : answer;
    if (isWhole) this.#answered(isNothing);
  }
}
