import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Assets } from "@jamesd/dashboard/asset";
import { OF_ANSWERS, servedAt } from "@jamesd/dashboard/serve";
import { JamesError } from "@jamesd/model";
import type { Client } from "@jamesd/protocol";
import { DashboardGate } from "./gate.ts";

/** What a dashboard is made of. */
export interface DashboardOptions {
  readonly assets: Assets;
  readonly client: Pick<Client, "forward">;
  /** Changes go through; else nothing but what is read. */
  readonly mayWrite: boolean;
  /** 0: any that is free. */
  readonly port: number;
  readonly now: () => number;
}

const HOST = "127.0.0.1";
/** Where a page reads how the dashboard was started. */
const SETTINGS = "/dashboard.json";
/** A word. */
const MAX_WORD = 256;
const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;
/** What the server is told of a request, and what a page is told of its answer. */
const TOLD = ["accept", "content-type", "if-none-match", "prefer"] as const;
/** Of one that may have a body also how long that is: one of nothing is none, of which no type is told. */
const TOLD_OF_BODY = [...TOLD, "content-length"] as const;
const ANSWERED = ["content-type", "etag", "cache-control", "retry-after", "x-request-id"] as const;

/** Serves the pages on this machine alone, and hands what they ask on to the server, with the certificate of who started it. */
export class DashboardServer {
  readonly #options: DashboardOptions;
  readonly #server: Server;
  #gate: DashboardGate | undefined;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 60_000 }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** Begins. @returns the address to open, good once, for a minute @throws JamesError ADDRESS_IN_USE */
  async listen(): Promise<string> {
    const { port: wanted, now } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => reject(inUse(wanted, cause))).listen(wanted, HOST, resolve);
    });
    const address = this.#server.address();
    const port = typeof address === "object" && address ? address.port : wanted;
    this.#gate = new DashboardGate(port, now);
    return `http://${HOST}:${port}/#token=${this.#gate.invite()}`;
  }

  /** Ends, whoever is connected. */
  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await ended;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", headers, url = "" } = request;
    const gate = this.#gate;
    if (!gate?.isOurs({ method, headers })) return refuse(response, 403, "this is not where it came from");
    const { pathname } = new URL(url, "http://dashboard");
    if (pathname === "/session") return this.#admit(gate, request, response);
    if (!pathname.startsWith("/v1/") && pathname !== SETTINGS) return this.#page(pathname, request, response);
    if (!gate.knows({ headers }))
      return refuse(response, 403, "open the address that jamesd-ctl dashboard prints");
    if (!this.#options.mayWrite && method !== "GET")
      return refuse(response, 403, "this dashboard only shows: start it with --write to change something");
    if (pathname === SETTINGS) return sendJson(response, 200, { mayWrite: this.#options.mayWrite });
    return this.#forward(request, response);
  }

  async #admit(gate: DashboardGate, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const word = request.method === "POST" ? await wordIn(request) : undefined;
    if (word === undefined) return refuse(response, 403, "a word is posted here");
    const cookie = gate.admit(word);
    if (cookie === undefined)
      return refuse(response, 403, "this word is good no more: start jamesd-ctl dashboard again");
    response.writeHead(204, { ...OF_ANSWERS, "set-cookie": cookie }).end();
  }

  #page(pathname: string, { method, headers }: IncomingMessage, response: ServerResponse): void {
    const accepted = headers["accept-encoding"]?.toString();
    const page = method === "GET" ? servedAt(this.#options.assets, pathname, accepted) : undefined;
    if (!page) refuse(response, 404, "there is no such page");
    else response.writeHead(200, page.headers).end(page.content);
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort(new JamesError("CANCELLED", "nobody waits for it")));
    const { url = "" } = request;
    const method = METHODS.find((one) => one === request.method);
    if (!method) return refuse(response, 405, "the server knows no such request");
    const body = method === "GET" ? undefined : request;
    const headers = picked(request.headers, body ? TOLD_OF_BODY : TOLD);
    try {
      const answer = await this.#options.client.forward({ method, path: url, headers, body }, gone.signal);
      response.writeHead(answer.statusCode ?? 502, { ...picked(answer.headers, ANSWERED), ...OF_ANSWERS });
      await pipeline(answer, response);
    } catch (thrown) {
      const { code, message, hint } = JamesError.from(thrown);
      if (response.headersSent) response.destroy();
      else sendJson(response, 502, { code, message, hint });
    }
  }
}

/** What is posted; undefined: more than a word. Anybody on this machine may post, so that no more is read. */
async function wordIn(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    length += part.length;
    if (length > MAX_WORD) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function picked(
  headers: NodeJS.Dict<string | string[]>,
  names: readonly string[],
): Record<string, string | string[]> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}

function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { code: "DASHBOARD", message });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...OF_ANSWERS, "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(body));
}

function inUse(port: number, cause: unknown): JamesError {
  return new JamesError("ADDRESS_IN_USE", `cannot listen on ${HOST}:${port}`, {
    hint: "Another port is given with --port.",
    cause,
  });
}
