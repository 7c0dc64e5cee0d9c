import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** How a proxy of a test behaves. */
export interface ProxyConduct {
  /** Who may ask, as `USER:PASSWORD`; unless given everybody may. */
  readonly user?: string;
  /** What it answers instead of opening a tunnel; undefined of a question: it opens one. */
  readonly answer?: (target: string) => string | undefined;
  /** It takes connections and says nothing. */
  readonly isSilent?: boolean;
}

/** An HTTP proxy on the loopback interface that knows CONNECT alone. It looks up every name as this machine itself. */
export class HttpProxy implements AsyncDisposable {
  /** What it was asked for, `HOST:PORT` each, in order; also where it opened no tunnel. */
  readonly asked: string[] = [];
  /** How it behaves from the next question on. */
  conduct: ProxyConduct;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(conduct: ProxyConduct) {
    this.conduct = conduct;
    this.#server = createServer((socket) => this.#take(socket));
  }

  static async start(conduct: ProxyConduct = {}): Promise<HttpProxy> {
    const proxy = new HttpProxy(conduct);
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** As a program is told of it. @param user as `USER:PASSWORD` */
  url(user?: string): string {
    return `http://${user === undefined ? "" : `${user}@`}127.0.0.1:${this.port}`;
  }

  /** Cuts what is open, as a proxy does that finds it idle. @returns how many connections to it that were */
  cut(): number {
    const open = [...this.#sockets];
    for (const socket of open) socket.destroy();
    return open.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
    if (this.#server.listening) await once(this.#server, "close");
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => undefined);
    let head = "";
    const read = (bytes: Buffer): void => {
      head += bytes.toString("latin1");
      if (!head.endsWith("\r\n\r\n")) return;
      socket.off("data", read);
      this.#answer(socket, head);
    };
    socket.on("data", read);
  }

  #answer(socket: Socket, head: string): void {
    const [, target = ""] = /^CONNECT (\S+) HTTP\/1\.[01]\r\n/.exec(head) ?? [];
    this.asked.push(target);
    const { user, answer, isSilent } = this.conduct;
    if (isSilent) return;
    if (user !== undefined && userIn(head) !== user)
      return void socket.end(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
      );
    const said = answer?.(target);
    if (said !== undefined) return void socket.end(said);
    const far = connect(Number(/\d+$/.exec(target)?.[0]), "127.0.0.1");
    far.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(far).pipe(socket);
    });
    far.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    socket.on("close", () => far.destroy());
    far.on("close", () => socket.destroy());
  }
}

function userIn(head: string): string | undefined {
  const [, encoded] = /^proxy-authorization: basic (\S+)\r$/im.exec(head) ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
}
