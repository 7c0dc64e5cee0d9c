import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseAddress } from "@jamesd/protocol";
import type { Logger } from "pino";
import { cannotListen } from "../http/cannot-listen.ts";
import type { Part } from "../running/opened.ts";
import { BUILD_FAMILIES, buildReadings } from "./build-metrics.ts";
import { Health } from "./health.ts";
import { Scrape } from "./scrape.ts";

/** The usual port. */
const DEFAULT_METRICS_PORT = 2763;

const MOST_CONNECTIONS = 64;
const MOST_HEADER_BYTES = 8192;
/** It is looked so often for requests that take too long, in milliseconds. */
const LOOK_MS = 2000;

/** An answer in text. */
interface Text {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What tells by plain HTTP, to whomever, how the server is; nothing can be changed there, and nothing secret is told. */
export class MetricsServer implements Part {
  readonly health = new Health();
  readonly scrape: Scrape;
  readonly #server: Server;
  readonly #log: Pick<Logger, "warn">;

  /** @param longestMs for a request to come */
  constructor(log: Pick<Logger, "warn">, longestMs: number) {
    this.#log = log;
    this.scrape = new Scrape((name, err) => log.warn({ err, name }, "a metric could not be read"));
    this.scrape.add(BUILD_FAMILIES, buildReadings());
    this.#server = createServer({
      ...{ maxHeaderSize: MOST_HEADER_BYTES, connectionsCheckingInterval: Math.min(LOOK_MS, longestMs) },
      ...{ headersTimeout: longestMs, requestTimeout: longestMs },
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on("request", ({ method = "", url = "" }, response) => {
      this.#answer(method, url.split("?", 1)[0] ?? "").then(
        (answer) => send(response, answer),
        () => response.destroy(),
      );
    });
  }

  /** @throws JamesError USAGE, ADDRESS_IN_USE */
  async listen(written: string): Promise<AddressInfo> {
    const { host, port } = parseAddress(written, DEFAULT_METRICS_PORT);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => reject(cannotListen(cause, written, "--metrics-addr")));
      this.#server.listen({ host: host || "::", port }, resolve);
    });
    // A connection that cannot be taken is no reason to end.
    this.#server.on("error", (err) => this.#log.warn({ err }, "who asked for metrics was not heard"));
    return this.#server.address() as AddressInfo;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(method: string, path: string): Promise<Text> {
    const answers = ANSWERS[path];
    if (!answers) return { status: 404, text: "there is nothing; see /metrics, /healthz and /readyz\n" };
    // Of what HEAD is answered Node sends the head alone.
    if (method === "GET" || method === "HEAD") return await answers(this);
    return { status: 405, text: "only GET and HEAD\n", headers: { allow: "GET, HEAD" } };
  }
}

const ANSWERS: Readonly<Record<string, ((server: MetricsServer) => Promise<Text>) | undefined>> = {
  "/metrics": async ({ scrape }) => {
    const text = await scrape.text();
    return { status: 200, text, headers: { "content-type": scrape.contentType } };
  },
  "/healthz": async () => ({ status: 200, text: "ok\n" }),
  "/readyz": async ({ health }) => {
    const problem = await health.problem();
    return problem === undefined ? { status: 200, text: "ready\n" } : { status: 503, text: `${problem}\n` };
  },
};

function send(response: ServerResponse, { status, text, headers }: Text): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // Who asks every few seconds makes way for others meanwhile.
    connection: "close",
    ...headers,
  });
  response.end(text);
}
