import type { OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type { JamesError } from "@jamesd/model";
import { addressText, hostText } from "./address.ts";
import { AddressTime } from "./address-time.ts";
import type { AnswerStream } from "./answer-stream.ts";
import { connectionError } from "./connection-error.ts";
import { GatheredBytes } from "./gathered-bytes.ts";
import { parseHttpDate } from "./http-date.ts";
import { KeptSession } from "./kept-session.ts";
import { Lines } from "./lines.ts";
import { OwnPieces, SpareBuffers, TurnPieces } from "./pieces.ts";
import { proxyText } from "./proxy.ts";
import { bodyBound, isSuccess, type ReadAnswer, readError, readReply } from "./read-reply.ts";
import { isInPieces, requestBytes } from "./request-bytes.ts";
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
  /** Told when an answer that is no refusal was written, by the server's clock, in milliseconds since the epoch. */
  readonly onDate?: (time: number) => void;
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

export interface DownloadOptions extends CallOptions {
  readonly offset?: number;
  readonly end?: number;
  /** In pieces of `TURN_BYTES`, the last one excepted, of which each holds until the next but one is asked for. Otherwise they are as they come, and the reader's own. */
  readonly isInTurns?: boolean;
}

/** One request. */
interface Asked extends Pick<DownloadOptions, "headers" | "signal" | "timeoutMs" | "isFresh" | "isInTurns"> {
  readonly isLive?: boolean;
  readonly route: WireRoute;
  /** With its parameters and its query. */
  readonly path: string;
  readonly body: Buffer | Readable | undefined;
  /** Bytes that the body of an answer with a status may have. */
  readonly bound: (statusCode: number) => number;
}

const IDLE_TIMEOUT_MS = 30_000;

/** As many bytes as are worth a trip to another thread, which is what decompressing or writing them takes. */
const TURN_BYTES = 256 * 1024;

/**
 * The typed client of the protocol over mutual TLS; connections are kept and their TLS session resumed.
 * Every method throws JamesError: the server's own, or SERVER_UNREACHABLE, SERVER_IDENTITY, CERTIFICATE_REFUSED.
 */
export class Client<R extends AnyRouteName = RouteName> {
  readonly #options: ClientOptions<R>;
  #credentials: ClientCredentials;
  readonly #lines: Lines;
  /** Downloads have connections of their own: many may go on, and no question waits for them. */
  readonly #streams: Lines;
  readonly #spare = new SpareBuffers(TURN_BYTES);
  #session = new KeptSession();
  /** The address of the server, as messages name it. */
  readonly where: string;

  constructor(options: ClientOptions<R>) {
    this.#options = options;
    this.#credentials = options;
    this.where = addressText(options.address);
    const proof = proofOptions(options);
    const connecting = (): ConnectionOptions => ({
      ...{ ...proof, ALPNProtocols: ["http/1.1"] },
      ...placeOptions(options, this.#credentials),
    });
    const session = (): KeptSession => this.#session;
    const time = new AddressTime();
    this.#lines = new Lines(options.address, connecting, session, time);
    this.#streams = new Lines(options.address, connecting, session, time);
  }

  /** The name that the server's certificate has to have. */
  get serverName(): string {
    return this.#options.serverName;
  }

  /** The proxy that the server is reached through, as messages name it. */
  get proxy(): string | undefined {
    const { proxy } = this.#options.address;
    return proxy && proxyText(proxy);
  }

  /** Where the server answered last, of all that its name may mean; undefined: not yet, through a proxy, or not known any more. */
  get reachedAt(): string | undefined {
    return this.#lines.reachedAt;
  }

  /** Calls a route that speaks JSON. */
  async call<N extends R>(
    name: N,
    options: CallOptions & { readonly body?: BodyOf<N> } = {},
  ): Promise<ReplyOf<N>> {
    const route = this.#options.wire.routes[name];
    const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
    const headers = { ...(body && { "content-type": "application/json" }), ...options.headers };
    const answer = await this.#whole(this.#lines, route, { ...options, headers, body });
    const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], Date.now());
    if (retryAfterMs !== undefined) options.onRetryAfter?.(retryAfterMs);
    const date = options.onDate && parseHttpDate(answer.headers.date);
    if (date !== undefined) options.onDate?.(date);
    return readReply(route, answer) as ReplyOf<N>;
  }

  /** Opens a route that answers bytes, from byte `offset` to `end`, both included, or to its end. The caller reads the stream to its end or destroys it. */
  async download(name: R, options: DownloadOptions = {}): Promise<AnswerStream> {
    const { offset = 0, end } = options;
    const range = offset > 0 || end !== undefined ? { range: `bytes=${offset}-${end ?? ""}` } : {};
    const route = this.#options.wire.routes[name];
    const headers = { ...range, ...options.headers };
    const error = bodyBound(route);
    const bound = (statusCode: number): number =>
      isSuccess(statusCode) ? Number.POSITIVE_INFINITY : error(statusCode);
    const asked = { ...options, route, path: pathOf(route, options), headers, body: undefined, bound };
    const answer = await this.#ask(this.#streams, asked);
    if (isSuccess(answer.statusCode)) return answer;
    throw readError(this.#options.wire.error, await this.#read(answer, asked));
  }

  /** Sends a stream to a route; the caller ends it. */
  async upload<N extends R>(name: N, content: Readable, options: CallOptions = {}): Promise<ReplyOf<N>> {
    const route = this.#options.wire.routes[name];
    const headers = { "content-type": "application/octet-stream", ...options.headers };
    // What was asked before it is answered, so their connection is there, and a question meanwhile gets another one.
    const answer = await this.#whole(this.#lines, route, { ...options, headers, body: content });
    return readReply(route, answer) as ReplyOf<N>;
  }

  /**
   * Sends a request as it is, and gives the answer whatever that says: for who hands both on. The caller reads it to its
   * end or destroys it. @param path with its query
   */
  forward({ method, path, headers, body }: Forwarded, signal: AbortSignal): Promise<AnswerStream> {
    const route = { method, path, roles: [], takesBytes: body !== undefined };
    const bound = (): number => Number.POSITIVE_INFINITY;
    return this.#ask(this.#streams, { route, path, headers, signal, body, bound, isLive: true });
  }

  /** Uses other certificates from the next connection on; what is under way goes on over those that are open. */
  renew(credentials: ClientCredentials): void {
    this.#credentials = credentials;
    // What still comes over those before is of who this was.
    this.#session = new KeptSession();
    this.#lines.renew();
    this.#streams.renew();
  }

  /** Closes the kept connections. */
  close(): void {
    this.#lines.close();
    this.#streams.close();
  }

  async #ask(lines: Lines, asked: Asked): Promise<AnswerStream> {
    const { route, path, headers = {}, body, bound, signal, isLive, timeoutMs = IDLE_TIMEOUT_MS } = asked;
    let isReached = false;
    try {
      const isStream = body !== undefined && !Buffer.isBuffer(body);
      const request = { method: route.method, path, headers, body: isStream ? ("stream" as const) : body };
      const question = {
        ...{
          bytes: requestBytes(request, hostText(this.#options.address)),
          bound,
          timeoutMs,
          signal,
          ...(isLive && { isLive }),
        },
        content: isStream ? { stream: body, isInPieces: isInPieces(headers) } : undefined,
        pieces: () => (asked.isInTurns ? new TurnPieces(this.#spare) : new OwnPieces()),
        reached: (): void => {
          isReached = true;
        },
      };
      return await lines.ask(question, asked.isFresh);
    } catch (cause) {
      throw this.#explained(cause, signal, isReached ? route : undefined);
    }
  }

  /** Asks, and reads the answer to its end. @throws what the server refuses with */
  async #whole(
    lines: Lines,
    route: WireRoute,
    options: CallOptions & Pick<Asked, "body">,
  ): Promise<ReadAnswer> {
    const bound = bodyBound(route, options.maxReply);
    const asked = { ...options, route, path: pathOf(route, options), bound };
    const answer = await this.#read(await this.#ask(lines, asked), asked);
    if (!isSuccess(answer.statusCode)) throw readError(this.#options.wire.error, answer);
    return answer;
  }

  async #read(answer: AnswerStream, { route, signal }: Pick<Asked, "route" | "signal">): Promise<ReadAnswer> {
    const { statusCode, headers } = answer;
    const body = new GatheredBytes();
    try {
      for await (const piece of answer) body.add(piece);
    } catch (cause) {
      // The connection may end in the middle of the answer as well.
      throw this.#explained(cause, signal, route);
    }
    return { statusCode, headers, body: body.whole() };
  }

  #explained(cause: unknown, signal: AbortSignal | undefined, reached: WireRoute | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const error = connectionError(cause, this.where, reached, this.#options.address.proxy);
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
