import { setImmediate } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import type { Assets } from "@jamesd/dashboard/asset";
import { servedAt } from "@jamesd/dashboard/serve";
import { JamesError, ROLES, roleText } from "@jamesd/model";
import { openApiDocument, ROUTES, type Route, type RouteName } from "@jamesd/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { CheckIns } from "../fleet/check-ins.ts";
import type { Replacing } from "../fleet/replacing.ts";
import { exceeded } from "../fleet/scope-judge.ts";
import type { Origin } from "../repository/origin.ts";
import { plainAddress } from "./address-group.ts";
import { Asker, Left } from "./asker.ts";
import { announcedLength } from "./bodies.ts";
import type { Bounds } from "./bounds.ts";
import type { Handlers } from "./call.ts";
import type { CheckInLine } from "./check-in-line.ts";
import { CheckInLines } from "./check-in-lines.ts";
import { guardConnections } from "./connections.ts";
import { type App, type EmptyAppOptions, emptyApp, endInTime } from "./empty-app.ts";
import { refuseFromElsewhere } from "./from-elsewhere.ts";
import type { Holder, Identities } from "./identity.ts";
import { nothingToDo } from "./nothing-to-do.ts";
import { parseQuery, parseSizedBody } from "./request-parts.ts";
import { send, whenOver } from "./send.ts";

/** What the protocol is spoken by. */
export interface AppOptions extends Bounds, EmptyAppOptions {
  readonly handlers: Handlers;
  readonly identities: Identities;
  /** Told of whoever comes with a device's certificate that counts no more. */
  readonly clones: Pick<Replacing, "noteClone">;
  readonly checkIns: CheckIns;
  readonly now: () => number;
  readonly version: string;
  /** What people with a browser are shown; undefined: nothing. */
  readonly pages?: Assets | undefined;
}

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

/** So long an idle connection is kept. */
const KEEP_ALIVE_MS = 75_000;

interface Routing extends AppOptions {
  readonly lines: CheckInLines;
}

type AnyHandler = (call: unknown) => Promise<unknown>;

/** The protocol over HTTPS with mutual TLS, ready to listen: every route with its role, its validation and its handler. */
export function makeApp(options: AppOptions): App {
  const app = emptyApp(options, {
    bodyLimit: MAX_JSON_BYTES,
    // Uploads of any length and held answers: the limits are on idle connections and on headers.
    requestTimeout: 0,
    headersTimeout: options.deadlines.headers,
    lookMs: options.deadlines.headers / 2,
    pauseOnConnect: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: 300 },
  });
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  const { handlers } = options;
  const routing = { ...options, lines: linesOf(options) };
  for (const [name, route] of Object.entries(ROUTES))
    addRoute(app, route, handlers[name as RouteName] as AnyHandler, routing);
  addDescription(app, routing);
  if (options.pages) addPages(app, options.pages);
  refuse(app, options);
  endInTime(app, guardConnections(app.server, options), options.deadlines);
  return app;
}

/** Shows pages wherever no route is. */
function addPages(app: App, pages: Assets): void {
  app.setNotFoundHandler((request, reply) => {
    const { pathname } = new URL(request.url, "https://pages");
    const page = servedAt(pages, pathname, request.headers["accept-encoding"]);
    if (!page) throw new JamesError("ROUTE_UNKNOWN", `there is no page ${request.url}`);
    return reply.headers(page.headers).send(page.content);
  });
}

// Of the ways of a request what is left of one that is known by its bytes: whether it is let in.
function linesOf({ checkIns, identities, clients, now }: AppOptions): CheckInLines {
  // Who is not is told why on the way of every request.
  const letIn = (socket: TLSSocket): Holder | undefined => {
    try {
      return identities.of(socket);
    } catch {
      return undefined;
    }
  };
  const admit = (socket: TLSSocket, waitMs: number): (() => void) | undefined => {
    const holder = letIn(socket);
    if (!holder || holder.certEnds - now() < waitMs) return undefined;
    return clients.beginIfLet(holder.account, socket);
  };
  const isIn = (socket: TLSSocket): boolean => letIn(socket) !== undefined;
  return new CheckInLines({ checkIns, admit, isIn, nothing: nothingToDo(KEEP_ALIVE_MS) });
}

function addDescription(app: App, options: Routing): void {
  // Few servers are ever asked for it, and making it costs as much as the rest of the start.
  let description: object | undefined;
  addRoute(
    app,
    {
      method: "GET",
      path: "/v1/openapi.json",
      roles: ROLES,
      summary: "",
      reply: z.unknown(),
    },
    async () => {
      description ??= openApiDocument(options.version);
      return description;
    },
    options,
  );
}

// What is wrong with a request, and what no route is for.
function refuse(app: App, { identities, pages }: AppOptions): void {
  // Who has a certificate in a browser must not be made to ask by whatever page is open there as well.
  app.addHook("onRequest", async ({ headers }) => refuseFromElsewhere(headers));
  // As early as what a route refuses: nothing is read of what is nowhere to go.
  app.addHook("onRequest", async (request) => {
    if (!request.is404) return;
    const { role } = holderOf(request, identities);
    const { method, url } = request;
    if (pages && role !== "device" && /^(GET|HEAD)$/.test(method) && !url.startsWith("/v1/")) return;
    throw new JamesError("ROUTE_UNKNOWN", `there is no ${method} ${url}`);
  });
}

function addRoute(app: App, route: Route, handler: AnyHandler, options: Routing): void {
  const { identities, clients, shedding, lines, reports, news, bodies, looks, log, now } = options;
  const isCheckin = route.path === ROUTES.checkin.path;
  const isOfCertificates = isCheckin || route.path === ROUTES.renewCertificate.path;
  const hasSlot = route.reply === "bytes";
  const mayBeRefused = route.method === "GET" || isCheckin;
  const isLook = isLookOfPeople(route);
  const mayBeLater = isDownloadOfDevices(route);
  const limit = bodyLimit(route);
  app.route({
    // What a GET would do, but for opening what it would send.
    method: route.method === "GET" ? ["GET", "HEAD"] : route.method,
    url: route.path,
    // Before the body is read: who may not ask may not make the server read either.
    onRequest: async (request, reply) => {
      const holder = isOfCertificates ? await admitted(request, options) : holderOf(request, identities);
      authorise(holder, route);
      reply.raw.once("close", clients.begin(holder.account, request.raw.socket));
      if (mayBeLater && holder.role === "device") shedding.mayRefuse();
      if (isCheckin) reports.spend(holder.account, announcedLength(request.raw, limit));
      bodies.begin(holder, request.raw, { limit, isStream: route.body === "bytes" });
    },
    bodyLimit: limit,
    handler: async (request, reply) => {
      const holder = holderOf(request, identities);
      const requireStillIn = (): void => identities.requireUnended(holder);
      const to = new Asker(holder.account, reply, { hasSlot, mayBeRefused, requireStillIn });
      // Before anything is looked up: to see that a blob is sound may take as long as to send it.
      if (hasSlot) whenOver(to, await options.downloads.take(to.who, to.signal));
      const body = await parseSizedBody(route, request.body, announcedLength(request.raw, limit));
      const call = {
        origin: originOf(holder, request, now()),
        params: request.params,
        query: parseQuery(route, request.query),
        headers: request.headers,
        spendNews: () => news.spend(holder.account, 1),
        body,
        holder,
        get signal() {
          return to.signal;
        },
        left: new Left(reply.raw),
        line: isCheckin ? lineOf(reply, lines) : undefined,
      };
      if (isCheckin) {
        // What came is not kept while the answer is held.
        request.body = undefined;
        return sendWhenThere(to, handler(call), options);
      }
      const work = async (): Promise<unknown> => {
        const answer = await handler(call);
        if (route.method !== "GET") log.info(saidOf(request, holder), "done");
        return send(to, answer, options);
      };
      return isLook ? looks.take(holder.account, async () => inTurn(to.signal, work)) : work();
    },
  });
}

/** Who did what, for the log. */
function saidOf(request: FastifyRequest, { name: by }: Holder): object {
  const { id, method, url } = request;
  return { request: id, by, from: addressOf(request), method, url };
}

// In a function of its own: what is known to one that waits is kept for as long.
async function sendWhenThere(to: Asker, answer: Promise<unknown>, options: Routing): Promise<unknown> {
  return send(to, await answer, options);
}

/** The connection that a check-in came over, which is told when the answer has gone out. */
function lineOf({ raw, request }: FastifyReply, lines: CheckInLines): CheckInLine {
  const line = lines.of(request.raw.socket as TLSSocket);
  raw.once("close", () => line.settle());
  return line;
}

// To look at the whole fleet takes a while in which nobody else is served: one after the other for each person.
function isLookOfPeople({ method, path, roles, reply }: Route): boolean {
  const isWaitedFor = path === ROUTES.listEvents.path || path === ROUTES.getSummary.path;
  return method === "GET" && !roles.includes("device") && reply !== "bytes" && !isWaitedFor;
}

// Not what a device asks to see that the server is there: an update is undone where it is not.
function isDownloadOfDevices({ method, path, roles }: Route): boolean {
  const isAsked = path === ROUTES.ping.path || path === ROUTES.about.path;
  return method === "GET" && roles.includes("device") && !isAsked;
}

async function inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  // Others come in between.
  await setImmediate();
  signal.throwIfAborted();
  return await work();
}

/** The longest body that is read for a route, in bytes. */
function bodyLimit({ path, body }: Route): number {
  return body === undefined ? MAX_UNASKED_BYTES : (BODY_LIMITS[path] ?? MAX_JSON_BYTES);
}

function originOf({ name: author, scope }: Holder, request: FastifyRequest, time: number): Origin {
  return { author, address: addressOf(request), time, ...(scope && { scope }) };
}

function addressOf({ ip }: FastifyRequest): string {
  return plainAddress(ip);
}

function holderOf(request: FastifyRequest, identities: Identities): Holder {
  return identities.of(request.raw.socket as TLSSocket);
}

/** Who asks for what only one machine may do with a certificate; one whose certificate counts no more is written down. @throws JamesError as `Identities.of` */
async function admitted(request: FastifyRequest, options: AppOptions): Promise<Holder> {
  const { identities, clones, now, log } = options;
  try {
    return holderOf(request, identities);
  } catch (refusal) {
    const holder = identities.known(request.raw.socket as TLSSocket);
    if (holder && (refusal as JamesError).code === "CERTIFICATE_REPLACED")
      await clones
        .noteClone(holder.certificate, { author: holder.name, address: addressOf(request), time: now() })
        .catch((err: unknown) =>
          log.error({ request: request.id, err }, "that a certificate was copied could not be written down"),
        );
    throw refusal;
  }
}

function authorise({ name, role, scope }: Holder, route: Route): void {
  if (route.roles.includes(role)) {
    // Whatever does not say that it judges what it touches is for who may touch everything.
    if (scope && route.method !== "GET" && !route.scoped)
      throw exceeded(name, `${route.method} ${route.path}`, "it is about no part of the fleet", WHOLE_ONLY);
    return;
  }
  throw new JamesError(
    "ROLE_FORBIDDEN",
    `${name} is ${roleText(role)} and may not ${route.method} ${route.path}`,
    {
      hint: `Use the certificate of a role that may: ${route.roles.join(" or ")}; ${makingOf(route)} makes one.`,
    },
  );
}

const WHOLE_ONLY = "an operator of the whole fleet can do this.";

function makingOf({ roles }: Route): string {
  return `pkitool --add-${roles.includes("operator") ? "operator" : "client"} NAME`;
}
