import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import type { Readable, Writable } from "node:stream";
import { JamesError } from "@jamesd/model";
import type { Address } from "./address.ts";
import { checkServer } from "./check-server.ts";
import { connectionError, NoAnswer } from "./connection-error.ts";
import { boundHead } from "./head-bound.ts";
import { KeptSession } from "./kept-session.ts";
import { isSuccess, readError, readReply } from "./read-reply.ts";
import { parseRetryAfter } from "./retry-after.ts";
import type { AnyRouteName, BodyOf, ReplyOf, RouteName } from "./route-types.ts";
import { TLS } from "./tls.ts";
import type { Wire, WireRoute } from "./wire.ts";

/** How to prove who we are, and to whom; PEM texts. */
export interface ClientCredentials {
  readonly ca: string | Buffer;
  /** Left out, with its key, by who has none yet. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** How to find the server and prove who we are. */
export interface ClientOptions<R extends AnyRouteName = RouteName> extends ClientCredentials {
  /** What can be called. */
  readonly wire: Wire<R>;
  readonly address: Address;
  /** The name in the server's certificate, whatever its address. */
  readonly serverName: string;
  /** Whoever answers is believed to be the server: for what is compared with something else. */
  readonly believesAnyone?: true;
  /** Asked when the connection fails: a better explanation, such as our own certificate's expiry. */
  readonly explain?: (error: JamesError) => JamesError | undefined;
}

export interface CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: OutgoingHttpHeaders;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which the request fails; 30 s unless told. */
  readonly timeoutMs?: number;
  /** Bytes that the answer may have, when that is less than the route says. */
  readonly maxReply?: number;
  /** Told after how many milliseconds the server wants to be asked again, when an answer that is no refusal says so. */
  readonly onRetryAfter?: (ms: number) => void;
  /** Over a connection of its own, made now: proves that one can be made. */
  readonly isFresh?: boolean;
}

/** A request that is handed on as it is. */
export interface Forwarded extends Pick<WireRoute, "method"> {
  /** With its query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Readable | undefined;
}

/** One request. */
interface Exchange extends Pick<CallOptions, "headers" | "signal" | "timeoutMs" | "isFresh"> {
  readonly route: WireRoute;
  /** With its parameters and its query. */
  readonly path: string;
}

const IDLE_TIMEOUT_MS = 30_000;
/** How a server proves itself. Of the agent: a connection whose request brought its own check is not used again. */
const SERVER = { ...TLS, checkServerIdentity: checkServer };

/**
 * The typed client of the protocol over mutual TLS; the connection is kept and its TLS session resumed.
 * Every method throws JamesError: the server's own, or SERVER_UNREACHABLE, SERVER_IDENTITY, CERTIFICATE_REFUSED.
 */
export class Client<R extends AnyRouteName = RouteName> {
  readonly #options: ClientOptions<R>;
  #credentials: ClientCredentials;
  readonly #agent: Agent;
  #session = new KeptSession();
  /** The address of the server, as messages name it. */
  readonly where: string;

  constructor(options: ClientOptions<R>) {
    this.#options = options;
    this.#credentials = options;
    this.where = `${options.address.host || "localhost"}:${options.address.port}`;
    const kept = { keepAlive: true, keepAliveMsecs: 15_000, maxSockets: 8, scheduling: "lifo" } as const;
    const whoever = options.believesAnyone && { rejectUnauthorized: false };
    this.#agent = new Agent({ ...kept, ...SERVER, ...whoever });
  }

  /** The name that the server's certificate has to have. */
  get serverName(): string {
    return this.#options.serverName;
  }

  /** Calls a route that speaks JSON. */
  async call<N extends R>(
    name: N,
    options: CallOptions & { readonly body?: BodyOf<N> } = {},
  ): Promise<ReplyOf<N>> {
    const route = this.#options.wire.routes[name];
    const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
    const headers = body && { "content-type": "application/json", "content-length": body.length };
    const response = await this.#send(
      route,
      { ...options, headers: { ...headers, ...options.headers } },
      async (outgoing) => {
        outgoing.end(body);
      },
    );
    const retryAfterMs = parseRetryAfter(response.headers["retry-after"], Date.now());
    if (retryAfterMs !== undefined) options.onRetryAfter?.(retryAfterMs);
    return (await this.#read(route, response, options)) as ReplyOf<N>;
  }

  /** Opens a route that answers bytes, from byte `offset` to `end`, both included, or to its end. The caller reads the stream to its end or destroys it. */
  async download(
    name: R,
    options: CallOptions & { readonly offset?: number; readonly end?: number } = {},
  ): Promise<IncomingMessage> {
    const { offset = 0, end } = options;
    const range = offset > 0 || end !== undefined ? { range: `bytes=${offset}-${end ?? ""}` } : {};
    return this.#send(
      this.#options.wire.routes[name],
      { ...options, headers: { ...range, ...options.headers } },
      async (outgoing) => {
        outgoing.end();
      },
    );
  }

  /** Sends a stream to a route. */
  async upload<N extends R>(name: N, content: Readable, options: CallOptions = {}): Promise<ReplyOf<N>> {
    const route = this.#options.wire.routes[name];
    const headers = { "content-type": "application/octet-stream", ...options.headers };
    const response = await this.#send(route, { ...options, headers }, (outgoing) => pour(content, outgoing));
    return (await this.#read(route, response, options)) as ReplyOf<N>;
  }

  /**
   * Sends a request as it is, and gives the answer whatever that says: for who hands both on. The caller reads it to its
   * end or destroys it. @param path with its query
   */
  forward({ method, path, headers, body }: Forwarded, signal: AbortSignal): Promise<IncomingMessage> {
    const route = { method, path, roles: [], takesBytes: body !== undefined };
    return this.#exchange(
      { route, path, headers, signal },
      async (outgoing) => (body ? pour(body, outgoing) : void outgoing.end()),
      async (response) => response,
    );
  }

  /** Uses other certificates from the next connection on; what is under way goes on over those that are open. */
  renew(credentials: ClientCredentials): void {
    this.#credentials = credentials;
    // What still comes over those before is of who this was.
    this.#session = new KeptSession();
    for (const sockets of Object.values(this.#agent.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  #send(
    route: WireRoute,
    { params = {}, query = {}, ...options }: CallOptions,
    write: (outgoing: ReturnType<typeof request>) => Promise<void>,
  ): Promise<IncomingMessage> {
    const path = fillPath(route.path, params) + queryText(query);
    return this.#exchange({ ...options, route, path }, write, async (response, stop) => {
      if (isSuccess(response)) return response;
      // What is refused need not be sent to its end.
      throw await readError(this.#options.wire.error, response).finally(stop);
    });
  }

  /** @param take makes of an answer what is given back; it may stop what is still being sent */
  #exchange<T>(
    { route, path, headers = {}, signal, timeoutMs = IDLE_TIMEOUT_MS, isFresh }: Exchange,
    write: (outgoing: ReturnType<typeof request>) => Promise<void>,
    take: (response: IncomingMessage, stop: () => void) => Promise<T>,
  ): Promise<T> {
    const { address, serverName } = this.#options;
    const { ca, cert, key } = this.#credentials;
    return new Promise<T>((resolve, reject) => {
      const outgoing = request({
        agent: isFresh ? new Agent(SERVER) : this.#agent,
        host: address.host || "localhost",
        port: address.port,
        servername: serverName,
        ca,
        cert,
        key,
        method: route.method,
        path,
        headers,
        ...(signal && { signal }),
        ...(!isFresh && this.#session.option),
      });
      if (!isFresh) this.#session.keepOf(outgoing);
      boundHead(outgoing);
      let isReached = false;
      outgoing.once("socket", (socket) => {
        if (outgoing.reusedSocket) isReached = true;
        else socket.once("secureConnect", () => (isReached = true));
      });
      const fail = (cause: unknown): void =>
        reject(this.#explained(cause, signal, isReached ? route : undefined));
      // A server that refuses early may close the stream: its answer, not the broken pipe, is what counts.
      let isAnswered = false;
      const failUnanswered = (cause: unknown): void => (isAnswered ? undefined : fail(cause));
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new NoAnswer(timeoutMs)));
      outgoing.on("error", failUnanswered);
      outgoing.on("response", (response) => {
        isAnswered = true;
        const stop = (): void => void (outgoing.writableEnded || outgoing.destroy());
        take(response, stop).then(resolve, (thrown: unknown) =>
          thrown instanceof JamesError ? reject(thrown) : fail(thrown),
        );
      });
      write(outgoing).catch(failUnanswered);
    });
  }

  async #read(
    route: WireRoute,
    response: IncomingMessage,
    { signal, maxReply }: CallOptions,
  ): Promise<unknown> {
    try {
      return await readReply(route, response, maxReply);
    } catch (cause) {
      // The connection may end in the middle of the answer as well.
      throw this.#explained(cause, signal, route);
    }
  }

  #explained(cause: unknown, signal: AbortSignal | undefined, reached: WireRoute | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const error = connectionError(cause, this.where, reached);
    return this.#options.explain?.(error) ?? error;
  }
}

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

/** Sends a stream to its end. */
async function pour(content: Readable, outgoing: Writable): Promise<void> {
  // No agent uploads.
  const { pipeline } = await import("node:stream/promises");
  await pipeline(content, outgoing);
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
