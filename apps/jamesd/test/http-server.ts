import { cpSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after } from "node:test";
import type { TLSSocket } from "node:tls";
import { DEFAULT_LIMITS } from "@jamesd/archive";
import type { Scope } from "@jamesd/model";
import { type CertificateKind, issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { memoryFolder } from "@jamesd/testkit";
import { type Logger, pino } from "pino";
import type { Config } from "../src/config.ts";
import { DEADLINES, type Deadlines } from "../src/http/deadlines.ts";
import { type RunningServer, startServer } from "../src/server.ts";

/** A certificate with its key and the CA, all PEM. */
export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly socket: TLSSocket;
  /** The connection took up a TLS session of an earlier one. */
  readonly isResumed: boolean;
}

const PEOPLE: Readonly<Record<string, CertificateKind>> = {
  "device-1": "device",
  "device-2": "device",
  admin: "operator",
  watcher: "viewer",
};

/** Where a test fails before it stops its server, the tests of its file come to their end all the same. */
const running = new Set<TestServer>();
after(() => Promise.all([...running].map((server) => server.stop())));

/** The real server in this process with a PKI and a store of its own, and raw HTTPS requests to it. */
export class TestServer implements AsyncDisposable {
  readonly port: number;
  readonly config: Config;
  readonly #dir: string;
  readonly #server: RunningServer;
  readonly #people: ReadonlyMap<string, Credentials>;
  readonly #agents = new Map<string, Agent>();

  private constructor(
    dir: string,
    config: Config,
    server: RunningServer,
    people: ReadonlyMap<string, Credentials>,
  ) {
    running.add(this);
    this.#dir = dir;
    this.config = config;
    this.#server = server;
    this.#people = people;
    this.port = server.address.port;
  }

  static async start(
    clients: readonly string[] = [],
    changed: Partial<Config> = {},
    deadlines: Partial<Deadlines> = {},
    log: Logger = pino({ level: "silent" }),
    /** A data folder that it begins with a copy of. */
    from?: string,
  ): Promise<TestServer> {
    const dir = memoryFolder("jamesd-http-");
    if (from !== undefined) cpSync(from, join(dir, "data"), { recursive: true });
    const kinds = { ...PEOPLE, ...Object.fromEntries(clients.map((name) => [name, "device" as const])) };
    const people = await issueAll({ ...kinds, jamesd: "server" });
    const { ca = "", cert = "", key = "" } = people.get("jamesd") ?? {};
    const files = { ca: join(dir, "ca"), cert: join(dir, "cert"), key: join(dir, "key") };
    writeFileSync(files.ca, ca);
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key, { mode: 0o600 });
    const settings = {
      ticketKeys: undefined,
      fourEyes: false,
      crl: undefined,
      crlStrict: false,
      deviceCa: undefined,
      deviceCaKey: undefined,
      deviceLifetime: 90 * 86_400_000,
      renewExpired: 365 * 86_400_000,
      enrollAddr: undefined,
      metricsAddr: undefined,
      dashboardAddr: undefined,
      dashboardUrl: undefined,
      webhook: [],
      webhookSecretFile: undefined,
      webhookEvents: [],
      webhookCa: undefined,
      webhookPlain: false,
      operators: [],
      viewers: [],
      maxAtOnce: undefined,
      maxHold: 60_000,
      drain: 10_000,
      maxHeld: undefined,
      maxDownloads: 200,
      maxRequests: 1000,
      deviceReads: "own" as const,
      scopes: new Map<string, Scope>(),
      gcEvery: 0,
      keepEvents: 0,
      deltaMemory: 2 ** 28,
      madeBlobs: 2 ** 30,
      limits: DEFAULT_LIMITS,
      logLevel: "silent",
      logFile: undefined,
      ...changed,
    };
    const config = { addr: "127.0.0.1:0", data: join(dir, "data"), ...files, ...settings };
    const server = await startServer(config, log, { ...DEADLINES, ...deadlines });
    return new TestServer(dir, config, server, people);
  }

  /** Where devices ask to join. */
  get enrollPort(): number {
    return this.#server.enrollAddress?.port ?? 0;
  }

  /** Where it tells how it is. */
  get metricsPort(): number {
    return this.#server.metricsAddress?.port ?? 0;
  }

  /** Where browsers are shown the fleet. */
  get dashboardPort(): number {
    return this.#server.dashboardAddress?.port ?? 0;
  }

  /** As `RunningServer` has it. */
  reload(): void {
    this.#server.reload();
  }

  credentials(name: string): Credentials {
    const credentials = this.#people.get(name);
    if (credentials) return credentials;
    throw new Error(`nobody is called ${name}`);
  }

  /** The server's data folder. */
  get dataDir(): string {
    return join(this.#dir, "data");
  }

  /** Sends a request as somebody, whose connection is kept, and reads the whole answer. */
  async send(
    name: string,
    method: string,
    path: string,
    { body, headers, agent }: { body?: unknown; headers?: RequestOptions["headers"]; agent?: Agent } = {},
  ): Promise<Answer> {
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const type = bytes && {
      "content-type": Buffer.isBuffer(body) ? "application/octet-stream" : "application/json",
    };
    return this.open(
      name,
      { method, path, agent: agent ?? this.agent(name), headers: { ...type, ...headers } },
      bytes,
    );
  }

  /** Sends a request as it is. */
  open(name: string, options: RequestOptions, body?: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({
        host: "127.0.0.1",
        port: this.port,
        servername: "jamesd",
        ...this.credentials(name),
        ...options,
      });
      sent.on("error", reject);
      sent.on("response", (answer: IncomingMessage) => {
        const socket = answer.socket as TLSSocket;
        const { statusCode: status = 0, headers } = answer;
        const isResumed = socket.isSessionReused();
        buffer(answer).then((bytes) => resolve({ status, headers, body: bytes, socket, isResumed }), reject);
      });
      sent.end(body);
    });
  }

  agent(name: string): Agent {
    const agent = this.#agents.get(name) ?? new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.set(name, agent);
    return agent;
  }

  /** Ends the server; its folder stays. */
  async stop(): Promise<void> {
    running.delete(this);
    for (const agent of this.#agents.values()) agent.destroy();
    await this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#dir, { recursive: true });
  }
}

async function issueAll(
  kinds: Readonly<Record<string, CertificateKind>>,
): Promise<ReadonlyMap<string, Credentials>> {
  const pair = await makeAuthority(Date.now());
  const authority = await openAuthority(pair);
  const issue = async ([name, kind]: [string, CertificateKind]): Promise<[string, Credentials]> => {
    const issued = await issueCertificate(authority, { kind, name, days: 2 }, Date.now());
    return [name, { ca: pair.cert, ...issued }];
  };
  return new Map(await Promise.all(Object.entries(kinds).map(issue)));
}

/** The answer's JSON. */
export function jsonOf({ body }: Answer): unknown {
  return JSON.parse(body.toString("utf8"));
}

/** The code of a refusal; undefined when the answer has none. */
export function codeOf(answer: Answer): string | undefined {
  return (jsonOf(answer) as { code?: string }).code;
}
