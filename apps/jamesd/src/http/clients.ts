import type { Socket } from "node:net";
import { JamesError } from "@jamesd/model";
import { HeldRefusal } from "./held-refusal.ts";
import type { WorkBudget } from "./work-budget.ts";

/** What one certificate may have at once. */
export interface ClientLimits {
  readonly connections: number;
  /** Connections of all; undefined: others see to that. */
  readonly inAll?: number;
  /** Requests that are not answered whole. */
  readonly requests: number;
}

export const CLIENT_LIMITS: ClientLimits = { connections: 128, requests: 256 };

const RETRY_AFTER_MS = 5000;

interface Client {
  /** The oldest first. */
  readonly connections: Set<Socket>;
  requests: number;
  /** Those among them that were refused, and are told so later. */
  refused: number;
}

/** The connections and the requests of each certificate: bounded, so that none of them can take what is for all. */
export class Clients {
  readonly #limits: ClientLimits;
  readonly #ended: (who: string, socket: Socket) => void;
  readonly #clients = new Map<string, Client>();
  /** Connections over which nothing was asked yet. */
  readonly #silent = new Set<Socket>();

  readonly #rate: Pick<WorkBudget, "spend" | "isSpent"> | undefined;
  #tellLeft: (who: string) => void = () => undefined;

  /** `ended` is told of each connection that gives way to a newer one. `rate` says how often each may ask; left out: others see to that. */
  constructor(
    limits: ClientLimits,
    ended: (who: string, socket: Socket) => void,
    rate?: Pick<WorkBudget, "spend" | "isSpent">,
  ) {
    this.#limits = limits;
    this.#ended = ended;
    this.#rate = rate;
  }

  /** Has it told who has ended its last connection, or lost it. */
  onLeave(tell: (who: string) => void): void {
    this.#tellLeft = tell;
  }

  /** Takes a connection. The newest win: what a client has forgotten, or lost with its network, are the oldest. */
  connect(who: string, socket: Socket): void {
    const client = this.#clients.get(who) ?? newClient();
    this.#clients.set(who, client);
    if (client.connections.size >= this.#limits.connections) this.#endOldest(who, client);
    else this.#makeRoom();
    client.connections.add(socket);
    this.#silent.add(socket);
    socket.on("end", noteEnd);
    socket.once("close", () => {
      client.connections.delete(socket);
      this.#silent.delete(socket);
      this.#forget(who, client);
      if (!this.#clients.get(who)?.connections.size && isLeft(socket)) this.#tellLeft(who);
    });
  }

  /** Counts a request. @returns what ends it, to be called once @throws JamesError SERVER_BUSY; a HeldRefusal to who asks too often */
  begin(who: string, socket: Socket): () => void {
    this.#silent.delete(socket);
    const client = this.#clients.get(who) ?? newClient();
    if (client.requests >= this.#limits.requests) {
      // It does not heed what it is told.
      if (client.refused > 0) socket.destroy();
      throw this.#busy(who);
    }
    this.#clients.set(who, client);
    client.requests += 1;
    const end = (): void => {
      client.requests -= 1;
      this.#forget(who, client);
    };
    try {
      this.#rate?.spend(who, 1);
    } catch (refusal) {
      this.#holdBack(client, end);
      throw new HeldRefusal(JamesError.from(refusal));
    }
    return end;
  }

  /** As `begin`, but who would be refused is not begun, nor counted as refused. @returns undefined of such a one */
  beginIfLet(who: string, socket: Socket): (() => void) | undefined {
    const requests = this.#clients.get(who)?.requests ?? 0;
    if (requests >= this.#limits.requests || this.#rate?.isSpent(who, 1)) return undefined;
    return this.begin(who, socket);
  }

  /** Ends the connections of which something is true; of one certificate's name, or of all. */
  endWhere(isToEnd: (socket: Socket) => boolean, who?: string): void {
    const some = who === undefined ? [...this.#clients.values()] : [this.#clients.get(who)];
    for (const client of some)
      for (const socket of client?.connections ?? []) if (isToEnd(socket)) socket.destroy();
  }

  /** Ends the connections over which nothing was asked: nobody waits for an answer there. */
  close(): void {
    for (const socket of this.#silent) socket.destroy();
  }

  /** What is refused has its place for as long as its answer is held back. */
  #holdBack(client: Client, end: () => void): void {
    client.refused += 1;
    setTimeout(() => {
      client.refused -= 1;
      end();
    }, HeldRefusal.MS).unref();
  }

  /** Who has most gives way: a few that keep all they may have do not keep the others out. */
  #makeRoom(): void {
    const { inAll } = this.#limits;
    if (inAll === undefined) return;
    const all = [...this.#clients].sort(
      ([, one], [, other]) => other.connections.size - one.connections.size,
    );
    const count = all.reduce((sum, [, { connections }]) => sum + connections.size, 0);
    const [fullest] = all;
    if (fullest && count >= inAll) this.#endOldest(...fullest);
  }

  #endOldest(who: string, { connections }: Client): void {
    const [oldest] = connections;
    if (!oldest) return;
    this.#ended(who, oldest);
    connections.delete(oldest);
    oldest.destroy();
  }

  #forget(who: string, client: Client): void {
    if (client.connections.size === 0 && client.requests === 0) this.#clients.delete(who);
  }

  #busy(who: string): JamesError {
    return new JamesError("SERVER_BUSY", `${who} has ${this.#limits.requests} requests under way`, {
      hint: "Wait for their answers, or ask for fewer things at once.",
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}

/** Connections that the other side has ended before this one did. */
const left = new WeakSet<Socket>();

// One function for all connections.
function noteEnd(this: Socket): void {
  if (!this.writableEnded) left.add(this);
}

/** True of a connection that the other side has ended, or that broke. */
function isLeft(socket: Socket): boolean {
  return left.has(socket) || Boolean(socket.errored);
}

function newClient(): Client {
  return { connections: new Set(), requests: 0, refused: 0 };
}
