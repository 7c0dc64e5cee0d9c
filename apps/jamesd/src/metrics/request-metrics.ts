import { ROUTES } from "@jamesd/protocol";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../http/empty-app.ts";
import { Distribution } from "./distribution.ts";
import type { Families, Readings } from "./family.ts";

/** In seconds. */
const BOUNDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];
/** The route of what none is for. */
const NO_ROUTE = "none";

/** What is asked and answered. */
export const REQUEST_FAMILIES = {
  jamesd_http_request_duration_seconds: {
    type: "histogram",
    help: "how long requests took that were answered whole, without check-ins; those for events wait for them when they are asked to",
    labels: ["method", "route", "status"],
  },
  jamesd_http_response_body_bytes_total: {
    type: "counter",
    help: "bytes of these answers",
    labels: ["method", "route"],
  },
  jamesd_checkins_refused_total: {
    type: "counter",
    help: "check-ins that were answered with an error, such as that the server is busy",
    labels: [],
  },
  jamesd_connections: {
    type: "gauge",
    help: "open connections to the address of devices and operators",
    labels: [],
  },
} as const satisfies Families;

interface Asked {
  readonly method: string;
  readonly route: string;
  bytes: number;
  /** By the class of the status. */
  readonly durations: Map<string, Distribution>;
}

/** Counts the requests of a listener by their routes. */
export class RequestTally {
  readonly #app: App;
  readonly #asked = new Map<string, Asked>();
  #refused = 0;

  /** @param app that does not listen yet */
  constructor(app: App) {
    this.#app = app;
    app.addHook("onResponse", async (request, reply) => this.#count(request, reply));
  }

  /** Reads them. */
  readings(): Readings<typeof REQUEST_FAMILIES> {
    return {
      jamesd_http_request_duration_seconds: () =>
        [...this.#asked.values()].flatMap(({ method, route, durations }) =>
          [...durations].flatMap(([status, some]) => some.samples({ method, route, status })),
        ),
      jamesd_http_response_body_bytes_total: () =>
        [...this.#asked.values()].map(({ method, route, bytes }) => ({
          labels: { method, route },
          value: bytes,
        })),
      jamesd_checkins_refused_total: () => this.#refused,
      jamesd_connections: () =>
        new Promise((resolve, reject) => {
          this.#app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
        }),
    };
  }

  #count(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.is404 ? NO_ROUTE : (request.routeOptions.url ?? NO_ROUTE);
    if (route === ROUTES.checkin.path) {
      if (reply.statusCode >= 400) this.#refused += 1;
      return;
    }
    // Of what no route is for, anything may be the method.
    const method = route === NO_ROUTE ? NO_ROUTE : request.method;
    const key = `${method} ${route}`;
    const asked = this.#asked.get(key) ?? { method, route, bytes: 0, durations: new Map() };
    this.#asked.set(key, asked);
    if (request.method !== "HEAD") asked.bytes += Number(reply.getHeader("content-length") ?? 0);
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    const durations = asked.durations.get(status) ?? new Distribution(BOUNDS);
    asked.durations.set(status, durations);
    durations.observe(reply.elapsedTime / 1000);
  }
}
