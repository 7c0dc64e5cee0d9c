import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";
import { ENROLL_ROUTES, type EnrollRouteName, type Route } from "@jamesd/protocol";
import type { z } from "zod";
import { addressGroup, plainAddress } from "./address-group.ts";
import { type App, type EmptyAppOptions, emptyApp, endInTime } from "./empty-app.ts";
import type { EnrollBounds } from "./enroll-bounds.ts";
import { guardPlaces } from "./enroll-connections.ts";
import { UNCACHED } from "./reply.ts";
import { parseBody, parseQuery } from "./request-parts.ts";

/** One request of somebody of whom nothing is proved. */
export interface EnrollCall<N extends EnrollRouteName> {
  readonly body: (typeof ENROLL_ROUTES)[N] extends { body: infer B extends z.ZodType }
    ? z.output<B>
    : undefined;
  readonly address: string;
  /** What counts as one place on the network there. */
  readonly place: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The certificate that the connection was made with, proved to be its holder's and nothing else: also one that has ended, or is of whomever. */
  readonly peer: X509Certificate | undefined;
}

/** What it is answered, with a status of its own. */
export interface EnrollAnswer<N extends EnrollRouteName> {
  readonly status: 200 | 201 | 202;
  readonly body: z.output<(typeof ENROLL_ROUTES)[N]["reply"]>;
}

/** One handler for every route. */
export type EnrollHandlers = {
  readonly [N in EnrollRouteName]: (call: EnrollCall<N>) => Promise<EnrollAnswer<N>>;
};

/** What the listener for joining works with. */
export interface EnrollAppOptions extends EmptyAppOptions {
  readonly handlers: EnrollHandlers;
  readonly bounds: EnrollBounds;
  readonly now: () => number;
}

// A signing request and a token.
const MAX_BODY_BYTES = 32 * 1024;
/** It is looked so often for requests that take too long, in milliseconds. */
const LOOK_MS = 2000;

/** The few routes that are offered to whom has no certificate that counts; the others are on a port where nothing is answered without one. */
export function makeEnrollApp(options: EnrollAppOptions): App {
  const { deadlines, bounds } = options;
  const app = emptyApp(options, {
    bodyLimit: MAX_BODY_BYTES,
    // All of a request, which is short, however slowly it comes.
    requestTimeout: deadlines.handshake,
    headersTimeout: deadlines.handshake,
    keepAliveTimeout: 1000,
    lookMs: LOOK_MS,
    refused: (thrown, request) => {
      if (thrown instanceof JamesError && thrown.code === "ENROLLMENT_REFUSED")
        bounds.refusals.note({ from: request.ip, reason: thrown.message });
    },
  });
  for (const [name, route] of Object.entries<Route>(ENROLL_ROUTES))
    addRoute(app, route, options.handlers[name as EnrollRouteName] as AnyHandler, options);
  app.addHook("onRequest", async (request, reply) => {
    const place = addressGroup(request.ip);
    reply.raw.once("close", bounds.places.begin(place, request.raw.socket));
    bounds.requests.spend(place, 1);
    if (request.is404)
      throw new JamesError(
        "ROUTE_UNKNOWN",
        `there is no ${request.method} ${request.url} for who has yet to join`,
      );
  });
  // Each asks once: whoever has to come again makes way for others.
  app.addHook("onSend", async (_request, reply) => void reply.header("connection", "close"));
  endInTime(app, guardPlaces(app.server, bounds, deadlines), deadlines);
  return app;
}

type AnyHandler = (call: EnrollCall<EnrollRouteName>) => Promise<EnrollAnswer<EnrollRouteName>>;

function addRoute(app: App, route: Route, handler: AnyHandler, { now }: EnrollAppOptions): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      parseQuery(route, request.query);
      const { status, body } = await handler({
        body: parseBody(route, request.body) as EnrollCall<EnrollRouteName>["body"],
        address: plainAddress(request.ip),
        place: addressGroup(request.ip),
        time: now(),
        peer: (request.raw.socket as TLSSocket).getPeerX509Certificate(),
      });
      return reply.code(status).headers(UNCACHED).send(body);
    },
  });
}
