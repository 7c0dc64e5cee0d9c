import type { Server } from "node:https";
import type { SecureContextOptions } from "node:tls";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyHttpsOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import type { Deadlines } from "./deadlines.ts";
import { FailedRequests } from "./failed-requests.ts";
import { refuseGarbage } from "./garbage.ts";
import { jsonBodies } from "./json-body.ts";
import { RequestIds } from "./request-ids.ts";
import { sendError } from "./send-error.ts";
import { endStalledReaders } from "./stalled-readers.ts";

/** What listens, or is ready to. */
export type App = FastifyInstance<Server, FastifyRequest["raw"], FastifyReply["raw"], FastifyBaseLogger>;

/** What every listener is made with. */
export interface EmptyAppOptions {
  /** Whom it lets in, and how it proves itself. */
  readonly tls: SecureContextOptions;
  readonly deadlines: Deadlines;
  readonly log: Logger;
}

/** What each sets for itself. */
interface OwnSettings
  extends Pick<
    FastifyHttpsOptions<Server>,
    "bodyLimit" | "requestTimeout" | "keepAliveTimeout" | "routerOptions"
  > {
  readonly headersTimeout: number;
  /** It is looked so often for requests that take too long, in milliseconds. */
  readonly lookMs: number;
  /** Told what a request is refused with, before who asked is. */
  readonly refused?: (thrown: unknown, request: FastifyRequest) => void;
  /** Nothing is read of a connection before its handshake begins: that may be a while. */
  readonly pauseOnConnect?: true;
}

/** So long a TLS session may be taken up again: a device holds its connection for days, and gets none while it does. Who may come in is judged anew with each. */
const SESSION_SECONDS = 86_400;

/** A listener without routes. It takes whoever comes, with whatever certificate or none: who may stay is for its guard to say. */
export function emptyApp(
  { tls, deadlines, log }: EmptyAppOptions,
  { headersTimeout, lookMs, pauseOnConnect, refused, ...own }: OwnSettings,
): App {
  const ids = new RequestIds();
  const failed = new FailedRequests(log);
  const app = Fastify({
    genReqId: () => ids.next(),
    https: {
      ...tls,
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: deadlines.handshake,
      sessionTimeout: SESSION_SECONDS,
      ...(pauseOnConnect && { pauseOnConnect }),
      connectionsCheckingInterval: lookMs,
    },
    loggerInstance: log as FastifyBaseLogger,
    // A line for each check-in would cost more than the check-in; what changes something is logged by its route.
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (thrown, request, reply) =>
      sendError(thrown, request as FastifyRequest, reply as FastifyReply, failed),
    exposeHeadRoutes: false,
    clientErrorHandler: refuseGarbage,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    ...own,
  }) as unknown as App;
  app.setErrorHandler((thrown, request, reply) => {
    refused?.(thrown, request);
    sendError(thrown, request, reply, failed);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", jsonBodies(app.getDefaultJsonParser("error", "error")));
  app.server.headersTimeout = headersTimeout;
  return app;
}

/** Ends connections over which nothing is taken, and at its end, by `endConnections`, those that wait for nothing, then all. */
export function endInTime(app: App, endConnections: () => void, deadlines: Deadlines): void {
  app.addHook("preClose", async () => {
    endConnections();
    // Who reads or sends too slowly, or never, must not keep the server from ending.
    setTimeout(() => app.server.closeAllConnections(), deadlines.closing).unref();
  });
  endStalledReaders(app.server, deadlines.stalledReader);
}
