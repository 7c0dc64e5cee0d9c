import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** How many bytes went by. */
export interface Traffic {
  readonly up: number;
  readonly down: number;
}

/** A TCP proxy on the loopback interface that counts every byte: TLS, headers and all. */
export class CountingProxy implements AsyncDisposable {
  readonly #server = createServer((client) => this.#join(client));
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  #up = 0;
  #down = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  /** Starts one in front of a port of the loopback interface. */
  static async start(target: number): Promise<CountingProxy> {
    const proxy = new CountingProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What went by since the start. */
  get traffic(): Traffic {
    return { up: this.#up, down: this.#down };
  }

  #join(client: Socket): void {
    const server = connect(this.#target, "127.0.0.1");
    client.on("data", (chunk: Buffer) => {
      this.#up += chunk.length;
    });
    server.on("data", (chunk: Buffer) => {
      this.#down += chunk.length;
    });
    this.#tie(client, server);
    this.#tie(server, client);
  }

  #tie(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
