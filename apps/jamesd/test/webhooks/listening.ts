import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a receiver was told. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly type: string;
  readonly data: { readonly sequence: number; readonly device?: string };
}

/** A real receiver of webhooks on this machine, that answers as it is told to. */
export class Listening implements AsyncDisposable {
  readonly heard: Heard[] = [];
  /** The status of an answer, after something of it was heard; "never": there is none. */
  answer: (heard: Heard, response: ServerResponse) => number | "never" = () => 204;
  readonly #server;
  #wake = Promise.withResolvers<void>();

  private constructor(tls: ServerOptions | undefined) {
    this.#server = tls ? createSecureServer(tls) : createServer();
    this.#server.on("request", async (request, response) => {
      const body = await text(request);
      const { type, data } = JSON.parse(body) as Pick<Heard, "type" | "data">;
      const { method = "", url: path = "", headers } = request;
      const heard = { method, path, headers, body, type, data };
      this.heard.push(heard);
      const status = this.answer(heard, response);
      if (status !== "never") response.writeHead(status).end("thanks");
      this.#wake.resolve();
    });
  }

  static async start(tls?: ServerOptions): Promise<Listening> {
    const listening = new Listening(tls);
    listening.#server.listen(0, "127.0.0.1");
    await once(listening.#server, "listening");
    return listening;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook?key=hidden`;
  }

  /** Waits until it has heard so much in all. */
  async until(count: number): Promise<readonly Heard[]> {
    while (this.heard.length < count) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    return this.heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
