import { existsSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "@jamesd/testkit";

const LOOK_MS = 20;

/** The line between a device and the server: cut for as long as a file exists, which the device can make. */
export class Line implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;

  private constructor(port: number, target: number, cut: string) {
    this.port = port;
    this.#server = createServer((near) => {
      if (existsSync(cut)) return void near.destroy();
      this.#join(near, connect(target, "127.0.0.1"));
    }).listen(port, "127.0.0.1");
    this.#timer = setInterval(() => {
      if (existsSync(cut)) for (const socket of this.#sockets) socket.destroy();
    }, LOOK_MS);
  }

  static async to(target: number, cut: string): Promise<Line> {
    return new Line(await freePort(), target, cut);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, far: Socket): void {
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
