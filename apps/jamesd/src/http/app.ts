import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import { type ErrorClass, JamesError } from "@jamesd/model";
import type { Identity } from "@jamesd/pki/identity";
import { openApiDocument, ROUTES, type Route, type RouteName } from "@jamesd/protocol";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import { plainAddress } from "./address-group.ts";
import type { Bodies } from "./bodies.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import type { Deadlines } from "./deadlines.ts";
import type { DownloadSlots } from "./download-slots.ts";
import { refuseGarbage } from "./garbage.ts";
import type { Handlers } from "./handlers.ts";
import { Handshakes } from "./handshakes.ts";
import type { Identities } from "./identity.ts";
import { readAway } from "./read-away.ts";
import { UNCACHED } from "./reply.ts";
import type { ReplyMemory } from "./reply-memory.ts";
import { type Recipient, send, whenOver } from "./send.ts";
import { endStalledReaders } from "./stalled-readers.ts";

export interface AppOptions {
  readonly tls: {
    readonly ca: string | Buffer;
    readonly cert: string | Buffer;
    readonly key: string | Buffer;
  };
  readonly handlers: Handlers;
  readonly identities: Identities;
  readonly downloads: DownloadSlots;
  readonly memory: ReplyMemory;
  readonly bodies: Bodies;
  readonly deadlines: Deadlines;
  readonly limits: ConnectionLimits;
  readonly log: Logger;
  readonly now: () => number;
  readonly version: string;
}

const STATUS: Readonly<Record<ErrorClass, number>> = {
  input: 400,
  identity: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  device: 507,
  unavailable: 503,
  internal: 500,
};

// Four scripts of 1 MiB in base64 fit.
const MAX_JSON_BYTES = 8 * 1024 * 1024;
// Every device of a large fleet has its own desired state.
const MAX_APPLY_BYTES = 128 * 1024 * 1024;
// What a device says is shorter: a report of many scripts at the most.
const MAX_CHECKIN_BYTES = 2 * 1024 * 1024;
const BODY_LIMITS: Readonly<Record<string, number>> = {
  [ROUTES.checkin.path]: MAX_CHECKIN_BYTES,
  [ROUTES.apply.path]: MAX_APPLY_BYTES,
};
// Of what no route asks for.
const MAX_UNASKED_BYTES = 64 * 1024;

type App = FastifyInstance<Server, FastifyRequest["raw"], FastifyReply["raw"], FastifyBaseLogger>;
type AnyHandler = (call: unknown) => Promise<unknown>;

/** The protocol over HTTPS with mutual TLS: every route with its role, its validation and its handler. */
export function makeApp(options: AppOptions): App {
  const { tls, handlers, identities, deadlines, log, version } = options;
  const app = Fastify({
    https: {
      ...tlsOptions(tls),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: deadlines.handshake,
    },
    loggerInstance: log as FastifyBaseLogger,
    // A line for each check-in would cost more than the check-in; what changes something is logged below.
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (thrown, request, reply) =>
      sendError(thrown, request as FastifyRequest, reply as FastifyReply, log),
    exposeHeadRoutes: false,
    clientErrorHandler: refuseGarbage,
    bodyLimit: MAX_JSON_BYTES,
    // Uploads of any length and held answers: the limits are on idle connections and on headers.
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: 300 },
  }) as unknown as App;
  app.server.headersTimeout = 60_000;
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  for (const [name, route] of Object.entries(ROUTES))
    addRoute(app, route, handlers[name as RouteName] as AnyHandler, options);
  const description = openApiDocument(version);
  addRoute(
    app,
    {
      method: "GET",
      path: "/v1/openapi.json",
      roles: ["device", "operator", "viewer"],
      summary: "",
      reply: z.unknown(),
    },
    async () => description,
    options,
  );
  app.setErrorHandler((thrown, request, reply) => sendError(thrown, request, reply, log));
  // As early as what a route refuses: nothing is read of what is nowhere to go.
  app.addHook("onRequest", async (request) => {
    if (!request.is404) return;
    identityOf(request, identities);
    throw new JamesError("ROUTE_UNKNOWN", `there is no ${request.method} ${request.url}`);
  });
  app.server.on("tlsClientError", (error: Error, socket: TLSSocket) =>
    log.info({ from: socket.remoteAddress, reason: error.message }, "refused a connection"),
  );
  guardHandshakes(app, options);
  endStalledReaders(app.server, deadlines.stalledReader);
  return app;
}

function guardHandshakes(app: App, { limits, deadlines, log }: AppOptions): void {
  const handshakes = new Handshakes(limits.handshakes, ({ remoteAddress }) =>
    log.info(
      { from: remoteAddress, reason: "too many connections without a handshake" },
      "refused a connection",
    ),
  );
  app.server.maxConnections = limits.most;
  app.server.on("connection", (socket) => handshakes.begin(socket as Socket));
  app.server.on("secureConnection", (socket) => handshakes.end(socket));
  app.addHook("preClose", async () => {
    handshakes.close();
    // Who reads or sends too slowly, or never, must not keep the server from ending.
    setTimeout(() => app.server.closeAllConnections(), deadlines.closing).unref();
  });
}

/** What makes a TLS context of credentials, at the start and when they are read again. */
export function tlsOptions({ ca, cert, key }: AppOptions["tls"]): SecureContextOptions {
  return { ca, cert, key, minVersion: "TLSv1.2" };
}

function addRoute(app: App, route: Route, handler: AnyHandler, options: AppOptions): void {
  const { identities, bodies, log, now } = options;
  const isCheckin = route.path === ROUTES.checkin.path;
  const hasSlot = route.reply === "bytes";
  const mayBeRefused = route.method === "GET" || isCheckin;
  const limit = bodyLimit(route);
  app.route({
    // What a GET would do, but for opening what it would send.
    method: route.method === "GET" ? ["GET", "HEAD"] : route.method,
    url: route.path,
    // Before the body is read: who may not ask may not make the server read either.
    onRequest: async (request) => {
      const identity = identityOf(request, identities);
      authorise(identity, route);
      bodies.begin(identity, request.raw, { limit, isStream: route.body === "bytes" });
    },
    bodyLimit: limit,
    handler: async (request, reply) => {
      const identity = identityOf(request, identities);
      const signal = goneSignal(reply);
      const to: Recipient = { who: identity.name, reply, signal, hasSlot, mayBeRefused };
      // Before anything is looked up: to see that a blob is sound may take as long as to send it.
      if (hasSlot) whenOver(to, await options.downloads.take(to.who, signal));
      const call = {
        origin: { author: identity.name, address: addressOf(request), time: now() },
        params: request.params,
        query: parseQuery(route, request.query),
        headers: request.headers,
        body: parseBody(route, request.body),
        signal,
      };
      const answer = await handler(call);
      if (route.method !== "GET" && !isCheckin)
        log.info(
          { by: identity.name, from: addressOf(request), method: route.method, url: request.url },
          "done",
        );
      return send(to, answer, options);
    },
  });
}

/** The longest body that is read for a route, in bytes. */
function bodyLimit({ path, body }: Route): number {
  return body === undefined ? MAX_UNASKED_BYTES : (BODY_LIMITS[path] ?? MAX_JSON_BYTES);
}

function addressOf({ ip }: FastifyRequest): string {
  return plainAddress(ip);
}

function identityOf(request: FastifyRequest, identities: Identities): Identity {
  return identities.of(request.raw.socket as TLSSocket);
}

function authorise({ name, role }: Identity, route: Route): void {
  if (route.roles.includes(role)) return;
  throw new JamesError("ROLE_FORBIDDEN", `${name} is a ${role} and may not ${route.method} ${route.path}`, {
    hint: `Use the certificate of a role that may: ${route.roles.join(" or ")}; ${makingOf(route)} makes one.`,
  });
}

function makingOf({ roles }: Route): string {
  return `pkitool --add-${roles.includes("operator") ? "operator" : "client"} NAME`;
}

function parseQuery(route: Route, given: unknown): Record<string, string> {
  const query = given as Record<string, unknown>;
  for (const [name, value] of Object.entries(query)) {
    if (!route.query?.includes(name))
      throw new JamesError("REQUEST_INVALID", `${route.path} has no query parameter ${JSON.stringify(name)}`);
    if (typeof value !== "string")
      throw new JamesError("REQUEST_INVALID", `the query parameter ${name} is given twice`);
  }
  return query as Record<string, string>;
}

function parseBody(route: Route, given: unknown): unknown {
  if (route.body === undefined) return undefined;
  if (route.body === "bytes") {
    if (given && typeof (given as Readable).pipe === "function") return given;
    throw new JamesError("REQUEST_INVALID", "the body must be application/octet-stream");
  }
  const parsed = route.body.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new JamesError("REQUEST_INVALID", `the request is not valid: ${where}${issue?.message ?? "unknown"}`);
}

// "close" comes after every response as well; only one before its end means that nobody is there any more.
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.on("close", () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return gone.signal;
}

function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const error = toJamesError(thrown);
  if (error.class === "internal") log.error({ err: thrown, url: request.url }, "request failed");
  if (!request.raw.complete) {
    reply.removeHeader("connection");
    readAway(request.raw);
  }
  // RFC 9110, section 10.2.3.
  if (error.retryAfterMs !== undefined)
    reply.header("retry-after", String(Math.ceil(error.retryAfterMs / 1000)));
  void reply.code(STATUS[error.class]).headers(UNCACHED).send(error.toBody());
}

function toJamesError(thrown: unknown): JamesError {
  if (thrown instanceof JamesError) return thrown;
  const { statusCode = 500, message } = thrown as { statusCode?: number; message: string };
  if (statusCode < 500) return new JamesError("REQUEST_INVALID", message, { cause: thrown });
  return new JamesError("INTERNAL", "the server failed; its log says why", { cause: thrown });
}
