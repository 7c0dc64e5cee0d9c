import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { JamesError } from "@jamesd/model";

/** How many bodies there may be, and how long one may take. */
export interface BodySettings {
  /** Of one certificate at once. */
  readonly most: number;
  readonly longestMs: number;
  /** A number from 0 to under 1. */
  readonly random: () => number;
}

const RETRY_AFTER_MS = { least: 5000, spread: 10_000 } as const;
/** In the longest time it is looked so often for bodies that take too long: up to a part more of it is overlooked. */
const LOOKS = 4;

/** What all connections of a certificate have together. */
interface Share {
  readonly who: string;
  connections: number;
  coming: number;
}

/** A connection that checked in. */
interface Sender {
  readonly share: Share;
  readonly ended: () => void;
  coming: number;
  looks: number;
}

/**
 * The bodies of check-ins that have not come whole. Each is in memory until it has, so one certificate may only have a
 * few, and none for ever. What there is to do for every check-in is to count: a timer each would cost more than the rest.
 */
export class CheckinBodies {
  readonly #settings: BodySettings;
  readonly #shares = new Map<string, Share>();
  readonly #senders = new Map<Socket, Sender>();
  #looking: NodeJS.Timeout | undefined;

  constructor(settings: BodySettings) {
    this.#settings = settings;
  }

  /** Counts a body until it has come, or its sender has gone. @throws JamesError SERVER_BUSY */
  begin(who: string, request: IncomingMessage): void {
    const sender = this.#senders.get(request.socket) ?? this.#connect(who, request.socket);
    if (sender.share.coming >= this.#settings.most) throw this.#busy(who);
    if (sender.coming === 0) sender.looks = 0;
    sender.coming += 1;
    sender.share.coming += 1;
    request.on("end", sender.ended);
  }

  #connect(who: string, socket: Socket): Sender {
    const share = this.#shares.get(who) ?? { who, connections: 0, coming: 0 };
    this.#shares.set(who, share);
    share.connections += 1;
    const ended = (): void => {
      if (sender.coming === 0) return;
      sender.coming -= 1;
      share.coming -= 1;
    };
    const sender: Sender = { share, ended, coming: 0, looks: 0 };
    this.#senders.set(socket, sender);
    this.#looking ??= setInterval(() => this.#look(), this.#settings.longestMs / LOOKS).unref();
    socket.once("close", () => this.#disconnect(socket, sender));
    return sender;
  }

  #disconnect(socket: Socket, sender: Sender): void {
    const { share } = sender;
    share.coming -= sender.coming;
    sender.coming = 0;
    share.connections -= 1;
    if (share.connections === 0) this.#shares.delete(share.who);
    this.#senders.delete(socket);
    if (this.#senders.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  // The time is absolute: with a byte a minute no connection is idle.
  #look(): void {
    for (const [socket, sender] of this.#senders) {
      if (sender.coming === 0) continue;
      sender.looks += 1;
      if (sender.looks > LOOKS) socket.destroy();
    }
  }

  #busy(who: string): JamesError {
    const { most, random } = this.#settings;
    return new JamesError("SERVER_BUSY", `${who} has ${most} check-ins under way that have not come whole`, {
      hint: "End them, or try again in a few seconds.",
      retryAfterMs: RETRY_AFTER_MS.least + random() * RETRY_AFTER_MS.spread,
    });
  }
}
