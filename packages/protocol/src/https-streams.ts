import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent, request } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";
import { NoAnswer } from "./connection-error.ts";
import { boundHead } from "./head-bound.ts";
import type { KeptSession } from "./kept-session.ts";
import {
  type ClientCredentials,
  KEEP_ALIVE_MS,
  MOST_CONNECTIONS,
  placeOptions,
  proofOptions,
  type ServerPlace,
} from "./server-options.ts";

/** A request whose answer is read as it comes. */
export interface StreamRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Readable | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** What is thrown for a failure. */
  readonly explained: (cause: unknown, isReached: boolean) => unknown;
}

/** Requests and answers that are streams, over `node:https`; an agent that waits has none of it in memory. */
export class HttpsStreams {
  readonly #place: ServerPlace;
  readonly #agent: Agent;

  constructor(place: ServerPlace) {
    this.#place = place;
    const kept = {
      ...{ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: MOST_CONNECTIONS },
      scheduling: "lifo",
    } as const;
    // Of the agent: a connection whose request brought its own check of the server is not used again.
    this.#agent = new Agent({ ...kept, ...proofOptions(place) });
  }

  /** @param take makes of an answer what is given back; it may stop what is still being sent */
  exchange<T>(
    { method, path, headers, body, signal, timeoutMs, explained }: StreamRequest,
    credentials: ClientCredentials,
    session: KeptSession,
    take: (response: IncomingMessage, stop: () => void) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const outgoing = request({
        ...placeOptions(this.#place, credentials),
        ...{ agent: this.#agent, method, path, headers },
        ...(signal && { signal }),
        ...session.option,
      });
      boundHead(outgoing);
      let isReached = false;
      onNewSocket(outgoing, (socket) => {
        socket.on("session", (given: Buffer) => session.keep(given));
        socket.once("secureConnect", () => {
          isReached = true;
        });
      });
      const fail = (cause: unknown): void => reject(explained(cause, isReached || outgoing.reusedSocket));
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
      if (body) pipeline(body, outgoing).catch(failUnanswered);
      else outgoing.end();
    });
  }

  /** The next request goes over another connection; what is under way goes on over those that are open. */
  renew(): void {
    for (const sockets of Object.values(this.#agent.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }
}

function onNewSocket(outgoing: ClientRequest, use: (socket: TLSSocket) => void): void {
  outgoing.once("socket", (socket) => {
    if (!outgoing.reusedSocket) use(socket as TLSSocket);
  });
}
