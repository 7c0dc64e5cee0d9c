import type { Gate } from "@jamesd/model";
import type { Answer } from "./answer-reader.ts";
import { Connection, type Credentials, type Endpoint, type Question } from "./connection.ts";
import type { Tally } from "./tally.ts";

/** What a slow device reads. */
const SLOW_BYTES_A_SECOND = 32 * 1024;

/** The server said no. */
export class Refusal extends Error {
  readonly code: string;
  /** When it may be asked again, in milliseconds from now; 0: not said. */
  readonly retryAfterMs: number;

  constructor(code: string, retryAfterMs: number) {
    super(code);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** There was no server, or it went in the middle. */
export class Unreachable extends Error {}

/** What lines to a server are made of. */
export interface LineSettings {
  readonly endpoint: Endpoint;
  readonly tally: Tally;
  /** Of handshakes: thousands of machines have thousands of processors for them, this process has one. */
  readonly gate: Gate;
}

/** A device's way to its server: a connection that is made when it is needed, kept, and made anew with its TLS session. */
export class Line {
  readonly #settings: LineSettings;
  readonly #credentials: Credentials;
  readonly #isSlow: boolean;
  #connection: Connection | undefined;
  #session: Buffer | undefined;
  #drops = 0;

  constructor(settings: LineSettings, credentials: Credentials, isSlow: boolean) {
    this.#settings = settings;
    this.#credentials = credentials;
    this.#isSlow = isSlow;
  }

  get isConnected(): boolean {
    return this.#connection?.isOpen === true;
  }

  /** Asks, and gives the answer if it is a yes. @throws Refusal, Unreachable */
  async ask(question: Question): Promise<Answer> {
    const { tally } = this.#settings;
    const connection = this.#connection?.isOpen ? this.#connection : await this.#connect();
    const before = connection.bytes;
    try {
      const answer = await connection.ask(question).catch(unreachable);
      if (answer.status < 400) return answer;
      const refusal = refusalOf(answer);
      tally.refuse(refusal.code);
      throw refusal;
    } finally {
      tally.bytes += connection.bytes - before;
      this.#session = connection.session;
    }
  }

  /** Loses the connection, whatever is under way on it, or the one that is being made. */
  drop(): void {
    this.#drops += 1;
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #connect(): Promise<Connection> {
    const { endpoint, tally, gate } = this.#settings;
    const bytesASecond = this.#isSlow ? SLOW_BYTES_A_SECOND : undefined;
    const session = this.#session;
    // A ticket is for one connection (RFC 8446, appendix C.4), and the next one may be refused because of it.
    this.#session = undefined;
    const options = { ...endpoint, ...this.#credentials, session, bytesASecond };
    const drops = this.#drops;
    const connection = await gate.run(() => Connection.open(options)).catch(unreachable);
    tally.handshakes += 1;
    if (this.#drops !== drops) {
      connection.close();
      throw new Unreachable("the connection was dropped while it was made");
    }
    this.#connection = connection;
    return connection;
  }
}

function unreachable(cause: unknown): never {
  throw new Unreachable("the server cannot be reached", { cause });
}

function refusalOf({ status, headers, body }: Answer): Refusal {
  const seconds = Number(headers.get("retry-after") ?? 0);
  return new Refusal(codeOf(body) ?? `HTTP ${status}`, Number.isFinite(seconds) ? seconds * 1000 : 0);
}

function codeOf(body: Buffer): string | undefined {
  try {
    return (JSON.parse(body.toString()) as { code?: string }).code;
  } catch {
    return undefined;
  }
}
