import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { JamesError } from "@jamesd/model";
import { addressText } from "./address.ts";
import { connectionError } from "./connection-error.ts";
import type { HttpsStreams } from "./https-streams.ts";
import { KeptSession } from "./kept-session.ts";
import { Lines } from "./lines.ts";
import { readAnswer } from "./read-answer.ts";
import { bodyBound, isSuccess, type ReadAnswer, readError, readReply } from "./read-reply.ts";
import { requestBytes } from "./request-bytes.ts";
import { parseRetryAfter } from "./retry-after.ts";
import type { AnyRouteName, BodyOf, ReplyOf, RouteName } from "./route-types.ts";
import { type ClientCredentials, placeOptions, proofOptions, type ServerPlace } from "./server-options.ts";
import type { Wire, WireRoute } from "./wire.ts";

export type { ClientCredentials } from "./server-options.ts";

/** How to find the server and prove who we are. */
export interface ClientOptions<R extends AnyRouteName = RouteName> extends ClientCredentials, ServerPlace {
  /** What can be called. */
  readonly wire: Wire<R>;
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
interface Streamed extends Pick<CallOptions, "headers" | "signal" | "timeoutMs"> {
  readonly route: WireRoute;
  /** With its parameters and its query. */
  readonly path: string;
  readonly body?: Readable | undefined;
}

const IDLE_TIMEOUT_MS = 30_000;

/**
 * The typed client of the protocol over mutual TLS; connections are kept and their TLS session resumed.
 * Every method throws JamesError: the server's own, or SERVER_UNREACHABLE, SERVER_IDENTITY, CERTIFICATE_REFUSED.
 */
export class Client<R extends AnyRouteName = RouteName> {
  readonly #options: ClientOptions<R>;
  #credentials: ClientCredentials;
  readonly #lines: Lines;
  #streams: HttpsStreams | undefined;
  #session = new KeptSession();
  /** The address of the server, as messages name it. */
  readonly where: string;

  constructor(options: ClientOptions<R>) {
    this.#options = options;
    this.#credentials = options;
    this.where = addressText(options.address);
    const proof = proofOptions(options);
    this.#lines = new Lines(
      () => ({ ...proof, ALPNProtocols: ["http/1.1"], ...placeOptions(options, this.#credentials) }),
      () => this.#session,
    );
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
    const answer = await this.#ask(route, options, body);
    if (!isSuccess(answer.statusCode)) throw readError(this.#options.wire.error, answer);
    const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], Date.now());
    if (retryAfterMs !== undefined) options.onRetryAfter?.(retryAfterMs);
    return readReply(route, answer) as ReplyOf<N>;
  }

  /** Opens a route that answers bytes, from byte `offset` to `end`, both included, or to its end. The caller reads the stream to its end or destroys it. */
  async download(
    name: R,
    options: CallOptions & { readonly offset?: number; readonly end?: number } = {},
  ): Promise<IncomingMessage> {
    const { offset = 0, end } = options;
    const range = offset > 0 || end !== undefined ? { range: `bytes=${offset}-${end ?? ""}` } : {};
    return this.#open(this.#options.wire.routes[name], {
      ...options,
      headers: { ...range, ...options.headers },
    });
  }

  /** Sends a stream to a route. */
  async upload<N extends R>(name: N, content: Readable, options: CallOptions = {}): Promise<ReplyOf<N>> {
    const route = this.#options.wire.routes[name];
    const headers = { "content-type": "application/octet-stream", ...options.headers };
    const response = await this.#open(route, { ...options, headers }, content);
    try {
      return readReply(route, await readAnswer(response, bodyBound(route, options.maxReply))) as ReplyOf<N>;
    } catch (cause) {
      // The connection may end in the middle of the answer as well.
      throw this.#explained(cause, options.signal, route);
    }
  }

  /**
   * Sends a request as it is, and gives the answer whatever that says: for who hands both on. The caller reads it to its
   * end or destroys it. @param path with its query
   */
  forward({ method, path, headers, body }: Forwarded, signal: AbortSignal): Promise<IncomingMessage> {
    const route = { method, path, roles: [], takesBytes: body !== undefined };
    return this.#stream({ route, path, headers, signal, body }, async (response) => response);
  }

  /** Uses other certificates from the next connection on; what is under way goes on over those that are open. */
  renew(credentials: ClientCredentials): void {
    this.#credentials = credentials;
    // What still comes over those before is of who this was.
    this.#session = new KeptSession();
    this.#lines.renew();
    this.#streams?.renew();
  }

  /** Closes the kept connections. */
  close(): void {
    this.#lines.close();
    this.#streams?.close();
  }

  async #ask(route: WireRoute, options: CallOptions, body: Buffer | undefined): Promise<ReadAnswer> {
    const { signal, timeoutMs = IDLE_TIMEOUT_MS, maxReply, isFresh } = options;
    let isReached = false;
    try {
      const headers = { ...(body && { "content-type": "application/json" }), ...options.headers };
      const path = pathOf(route, options);
      const bytes = requestBytes({ method: route.method, path, headers, body }, this.where);
      const reached = (): void => {
        isReached = true;
      };
      const question = { bytes, bound: bodyBound(route, maxReply), timeoutMs, signal, reached };
      return await this.#lines.ask(question, isFresh);
    } catch (cause) {
      throw this.#explained(cause, signal, isReached ? route : undefined);
    }
  }

  #open(route: WireRoute, options: CallOptions, body?: Readable): Promise<IncomingMessage> {
    const path = pathOf(route, options);
    return this.#stream({ ...options, route, path, body }, async (response, stop) => {
      if (isSuccess(response.statusCode ?? 0)) return response;
      const answer = readAnswer(response, bodyBound(route));
      // What is refused need not be sent to its end.
      throw readError(this.#options.wire.error, await answer.finally(stop));
    });
  }

  async #stream<T>(
    { route, path, headers = {}, body, signal, timeoutMs = IDLE_TIMEOUT_MS }: Streamed,
    take: (response: IncomingMessage, stop: () => void) => Promise<T>,
  ): Promise<T> {
    const streams = await this.#opened();
    const explained = (cause: unknown, isReached: boolean): unknown =>
      this.#explained(cause, signal, isReached ? route : undefined);
    const request = { method: route.method, path, headers, body, signal, timeoutMs, explained };
    return streams.exchange(request, this.#credentials, this.#session, take);
  }

  async #opened(): Promise<HttpsStreams> {
    const { HttpsStreams } = await import("./https-streams.ts");
    this.#streams ??= new HttpsStreams(this.#options);
    return this.#streams;
  }

  #explained(cause: unknown, signal: AbortSignal | undefined, reached: WireRoute | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const error = connectionError(cause, this.where, reached);
    return this.#options.explain?.(error) ?? error;
  }
}

function pathOf({ path }: WireRoute, { params = {}, query = {} }: CallOptions): string {
  return fillPath(path, params) + queryText(query);
}

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
