import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { JamesError, type Role } from "@jamesd/model";
import type { Holder } from "./identity.ts";
import { someTimeLater } from "./retry-after.ts";

/** How many bodies there may be that have not come whole, and how long one may take. */
export interface BodySettings {
  /** Of one certificate at once, by its role. */
  readonly most: Readonly<Record<Role, number>>;
  /** Of all at once, in bytes, counted as they are announced; of one certificate half of it. */
  readonly mostBytes: number;
  /** For so long one may bring nothing, and 2 MiB have to have come. */
  readonly longestMs: number;
  /** A number from 0 to under 1. */
  readonly random: () => number;
}

/** What is usual. A device has one that it sends, and one that it sent over a connection that has broken since. */
export const BODIES: Pick<BodySettings, "most" | "mostBytes"> = {
  most: { device: 2, viewer: 2, operator: 32 },
  mostBytes: 512 * 1024 * 1024,
};

/** What kind of body is to come. */
export interface Announced {
  /** The most that is read of it, in bytes. */
  readonly limit: number;
  /** It is written away as it comes, and not held: it may take as long as it likes, if only it goes on. */
  readonly isStream: boolean;
}

/** In the longest time it is looked so often for bodies that take too long: up to a part more of it is overlooked. */
const LOOKS = 4;
/** So much of a body has to come in the longest time. */
const STEP_BYTES = 2 * 1024 * 1024;

/** What a certificate has under way. */
interface Share {
  bodies: number;
  bytes: number;
}

/** A body that has not come whole. */
interface Coming {
  readonly socket: Socket;
  readonly isStream: boolean;
  /** What the connection had brought before it. */
  readonly before: number;
  seen: number;
  looks: number;
}

/**
 * The bodies that have not come whole, of all routes. Each is held until it has, so one certificate may only have a
 * few, all together may only be so long, and none may take for ever. What there is to do for every check-in is to
 * count: a timer each would cost more than the rest.
 */
export class Bodies {
  readonly #settings: BodySettings;
  readonly #shares = new Map<string, Share>();
  readonly #coming = new Set<Coming>();
  #bytes = 0;

  constructor(settings: BodySettings) {
    this.#settings = settings;
    setInterval(() => this.#look(), settings.longestMs / LOOKS).unref();
  }

  /** Counts a body, if there is one to come, until it has come or its sender has gone. @throws JamesError SERVER_BUSY */
  begin(
    { account: name, role }: Pick<Holder, "account" | "role">,
    request: IncomingMessage,
    { limit, isStream }: Announced,
  ): void {
    const length = announcedLength(request, limit);
    if (length === 0) return;
    const bytes = isStream ? 0 : length;
    const share = this.#shares.get(name) ?? { bodies: 0, bytes: 0 };
    if (share.bodies >= this.#settings.most[role]) throw this.#tooMany(name, role);
    if (!this.#hasRoom(share, bytes)) throw this.#tooLong(name);
    this.#shares.set(name, share);
    this.#count(share, 1, bytes);
    const { socket } = request;
    const coming = { socket, isStream, before: socket.bytesRead, seen: socket.bytesRead, looks: 0 };
    this.#coming.add(coming);
    const end = (): void => {
      request.off("end", end);
      request.off("close", end);
      if (!this.#coming.delete(coming)) return;
      this.#count(share, -1, -bytes);
      if (share.bodies === 0) this.#shares.delete(name);
    };
    request.on("end", end);
    request.on("close", end);
  }

  #hasRoom(share: Share, bytes: number): boolean {
    const { mostBytes } = this.#settings;
    return this.#bytes + bytes <= mostBytes && share.bytes + bytes <= mostBytes / 2;
  }

  #count(share: Share, bodies: number, bytes: number): void {
    share.bodies += bodies;
    share.bytes += bytes;
    this.#bytes += bytes;
  }

  #look(): void {
    for (const coming of this.#coming) if (isTooSlow(coming)) coming.socket.destroy();
  }

  #tooMany(who: string, role: Role): JamesError {
    return this.#busy(`${who} has ${this.#settings.most[role]} requests under way that have not come whole`);
  }

  #tooLong(who: string): JamesError {
    return this.#busy(`there are too many bytes of requests on their way to take one more of ${who}`);
  }

  #busy(message: string): JamesError {
    const { random } = this.#settings;
    return new JamesError("SERVER_BUSY", message, {
      hint: "End them, or try again in a few seconds.",
      retryAfterMs: someTimeLater(random),
    });
  }
}

// The time for what is held is absolute: with a byte a minute no connection is idle.
function isTooSlow(coming: Coming): boolean {
  const { bytesRead } = coming.socket;
  if (coming.isStream && bytesRead > coming.seen) coming.looks = 0;
  coming.seen = bytesRead;
  coming.looks += 1;
  const steps = coming.isStream ? 0 : Math.floor((bytesRead - coming.before) / STEP_BYTES);
  return coming.looks > LOOKS * (1 + steps);
}

/** How long a body is, as its sender says, or as it may be at most (RFC 9112, section 6.3). */
export function announcedLength({ headers }: IncomingMessage, limit: number): number {
  if (headers["transfer-encoding"] !== undefined) return limit;
  return Math.min(Number(headers["content-length"] ?? 0), limit);
}
